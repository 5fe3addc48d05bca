"""How the login service says no."""

from portal.sandbox.errors import aadsts


class Refused(Exception):
    """The login service answers with this AADSTS code; `values` fill the placeholders of its text."""

    def __init__(self, code: int, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.response = aadsts(code, **values)
