"""How the login service says no."""

from portal.sandbox.errors import aadsts, aadsts_body
from portal.sandbox.http import Json, Response


class Refused(Exception):
    """The login service answers with this AADSTS code; `values` fill the placeholders of its text.

    `error` replaces the OAuth error that the code usually has.
    """

    def __init__(self, code: int, error: str = "", **values: str) -> None:
        super().__init__(code)
        self.code = code
        self._error = error
        self._values = values

    @property
    def response(self) -> Response:
        """The JSON answer."""
        return aadsts(self.code, self._error, **self._values)

    @property
    def body(self) -> Json:
        """Its content, for a page or a redirect."""
        return aadsts_body(self.code, self._error, **self._values)
