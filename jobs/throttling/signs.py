"""What one attempt met: an answer, a throttled call, or a failure, and whose failure it is."""

from dataclasses import dataclass

from jobs.exchange.disturbances import RUNSPACE_LIMIT, THROTTLED
from jobs.exchange.failures import CallFailed, Ran, Withheld
from tenants.tokens.failures import TokenFailure
from tenants.tokens.local_explanations import LOGIN_THROTTLED, MANAGED_IDENTITY_MISSING, SIGN_IN_ENDED, TOKEN_EXPIRED

_BUSY = (429, 503)
_THROTTLING = (THROTTLED, RUNSPACE_LIMIT, LOGIN_THROTTLED)
# What is wrong with who wanted to get in, whichever the organization.
_OF_THE_IDENTITY = (MANAGED_IDENTITY_MISSING, SIGN_IN_ENDED, TOKEN_EXPIRED)


@dataclass(frozen=True, slots=True)
class Answered:
    """Exchange answered, be it with a refusal of the cmdlet."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """The call was turned away; `seconds` is how long to wait, None where nobody said."""

    error_class: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The organization could not be asked, or its answer was lost: its own fault or the network's."""

    error_class: str


Sign = Answered | Throttled | Failed


def sign_of(failure: CallFailed) -> Sign | None:
    """Return what a failure says about the organization; None where it says nothing, as it is the identity's own."""
    if isinstance(failure, Withheld):
        return None
    if is_throttling(failure):
        return Throttled(failure.explanation.error_class, failure.retry_after)
    if failure.answered or failure.ran is Ran.YES:
        return Answered()
    return None if is_of_the_identity(failure) else Failed(failure.explanation.error_class)


def is_throttling(failure: CallFailed) -> bool:
    """Whether Exchange, or the login host, asked to slow down."""
    busy = failure.server_error is not None and failure.server_error.status in _BUSY
    return failure.explanation in _THROTTLING or (busy and failure.retry_after is not None)


def is_of_the_identity(failure: CallFailed) -> bool:
    """Whether every organization fails alike, because of who wanted to get in."""
    cause = failure.__cause__
    return isinstance(cause, TokenFailure) and (cause.partner_wide or cause.explanation in _OF_THE_IDENTITY)
