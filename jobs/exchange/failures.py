"""A cmdlet that did not succeed: what it means, and whether it ran."""

from enum import StrEnum

from jobs.exchange.answer import Exchange
from jobs.exchange.errors import ServerError
from portal.core.explanations import Explanation, Retry


class Ran(StrEnum):
    """Whether the cmdlet was carried out in the organization."""

    NO = "no"  # certainly not
    YES = "yes"  # certainly, fully or partly
    UNKNOWN = "unknown"  # it was sent, and no usable answer came


class CallFailed(Exception):
    """A cmdlet, or the opening of a connection, that brought no result.

    `answered` is True if Exchange itself said no (the target has *failed*); False if it could not be asked or its
    answer was lost (*errored*, or *unknown* if `ran` is UNKNOWN and the cmdlet changes something). `retry` holds for
    this call; for a change whose fate is unknown it is never automatic. `retry_after` is in seconds. `detail` is
    Microsoft's own text. `exchanges` is the record of everything that went over the wire.
    """

    def __init__(
        self,
        explanation: Explanation,
        *,
        ran: Ran,
        answered: bool = False,
        retry: Retry | None = None,
        retry_after: float | None = None,
        detail: str = "",
        server_error: ServerError | None = None,
        exchanges: tuple[Exchange, ...] = (),
    ) -> None:
        super().__init__(f"{explanation.title}: {detail}" if detail else explanation.title)
        self.explanation = explanation
        self.ran = ran
        self.answered = answered
        self.retry = retry or explanation.retry
        self.retry_after = retry_after
        self.detail = detail
        self.server_error = server_error
        self.exchanges = exchanges


class Withheld(CallFailed):
    """Nothing was sent, because the organization asked to be left alone for another `retry_after` seconds."""

    def __init__(self, explanation: Explanation, *, seconds: float) -> None:
        super().__init__(explanation, ran=Ran.NO, retry_after=seconds)
