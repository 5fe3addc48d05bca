"""From what happened to what it means: an end, or another try later."""

import random
from dataclasses import dataclass

from django.conf import settings

from jobs.catalogue.effects import Effect
from jobs.exchange.answer import Answer
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.refusals import NO_CHANGE_NEEDED
from jobs.runs.states import TargetState
from portal.core.explanations import Retry
from tenants.tokens.failures import TokenFailure

BACKOFF_CAP_SECONDS = 60.0
LEAST_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: in `state`, or with `retry_in` seconds to wait when another attempt is due."""

    state: TargetState
    error_class: str = ""
    code: str = ""
    detail: str = ""
    retry_in: float | None = None


def ending_of_answer(answer: Answer) -> Ending:
    """Succeeded, unless Exchange reported errors beside its objects."""
    if answer.errors:
        return Ending(TargetState.FAILED, "partly_done", detail="\n".join(error.message for error in answer.errors))
    return Ending(TargetState.SUCCEEDED)


def ending_of_refusal(refusal: Exception, error_class: str) -> Ending:
    """Errored by ourselves, before anything was sent."""
    return Ending(TargetState.ERRORED, error_class, detail=str(refusal))


def ending_of_failure(failure: CallFailed, *, effect: Effect, attempt: int, age_seconds: float) -> Ending:
    """Decide by certainty: what surely did not run may be repeated, a lost answer to a change is `unknown`.

    exchange-protocol.md 6.1 and 6.2.
    """
    if failure.explanation.error_class == NO_CHANGE_NEEDED.error_class:
        return Ending(TargetState.SUCCEEDED, NO_CHANGE_NEEDED.error_class, _code(failure), failure.detail)
    lost = failure.ran is Ran.UNKNOWN or (failure.ran is Ran.YES and not failure.answered)
    state = TargetState.FAILED if failure.answered else TargetState.ERRORED
    if lost and effect is not Effect.READ:
        state = TargetState.UNKNOWN
    retry_in = _retry_in(failure, effect, attempt, age_seconds)
    return Ending(state, failure.explanation.error_class, _code(failure), failure.detail, retry_in)


def ending_of_fault(error: Exception, *, was_sent: bool, effect: Effect) -> Ending:
    """Something in Signalbox itself went wrong: `unknown` when a change may have been sent, else errored."""
    lost = was_sent and effect is not Effect.READ
    return Ending(TargetState.UNKNOWN if lost else TargetState.ERRORED, "signalbox_fault", detail=type(error).__name__)


def _retry_in(failure: CallFailed, effect: Effect, attempt: int, age_seconds: float) -> float | None:
    repeatable = failure.retry is Retry.AUTOMATIC
    if failure.ran is Ran.UNKNOWN:
        repeatable = effect is Effect.READ and failure.retry is not Retry.NEVER
    if failure.ran is Ran.YES or age_seconds >= settings.TARGET_DEADLINE_SECONDS:
        return None
    asked_to_wait = failure.retry_after
    throttled = failure.ran is Ran.NO and repeatable and asked_to_wait is not None
    if not throttled and attempt >= settings.MAX_ATTEMPTS:
        return None
    if not repeatable and not (failure.ran is Ran.NO and failure.retry is Retry.LATER and asked_to_wait is not None):
        return None
    # A throttled target waits as long as it was told, however often, but never less than a moment.
    return max(asked_to_wait or 0.0, LEAST_WAIT_SECONDS if throttled else backoff(attempt))


def _code(failure: CallFailed) -> str:
    if isinstance(failure.__cause__, TokenFailure):
        return failure.__cause__.code
    error = failure.server_error
    return (error.ex_code or error.type_name or str(error.status))[:100] if error else ""


def backoff(attempt: int) -> float:
    """Return seconds to wait after attempt number `attempt`: 2, 4, 8, … with jitter, at most a minute."""
    ceiling: float = min(BACKOFF_CAP_SECONDS, settings.RETRY_BASE_SECONDS * 2 ** (attempt - 1))
    return ceiling * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
