"""AADSTS codes that a test makes the token endpoint answer with, at will (exchange-protocol.md 2.9)."""

from dataclasses import dataclass

from portal.sandbox.errors import aadsts
from portal.sandbox.http import Response


@dataclass(slots=True)
class Forced:
    """A code for one tenant (empty: every) and a number of requests (None: every); `status` 0 is the code's own."""

    code: int
    tenant: str = ""
    times: int | None = None
    status: int = 0

    def answer(self, values: dict[str, str]) -> Response:
        """The answer, counted."""
        if self.times is not None:
            self.times -= 1
        response = aadsts(self.code, **values)
        response.status = self.status or response.status
        return response


def find_forced(forced: list[Forced], tenant: str) -> Forced | None:
    """The code that a request for a tenant gets, if any."""
    fitting = (one for one in forced if one.tenant in ("", tenant) and (one.times is None or one.times > 0))
    return next(fitting, None)
