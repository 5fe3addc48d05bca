"""From what happened to what it means: an end, or another try later."""

import random
from dataclasses import dataclass

from django.conf import settings

from jobs.catalogue.effects import Effect
from jobs.exchange.answer import Answer
from jobs.exchange.disturbances import THROTTLED_TOO_LONG
from jobs.exchange.failures import CallFailed, Ran, Withheld
from jobs.exchange.refusals import NO_CHANGE_NEEDED
from jobs.runs.machine import NotSent
from jobs.runs.states import TargetState
from jobs.runs.steps import OnFailure
from jobs.throttling.signs import is_throttling
from portal.core.authority import Decision, Rule
from portal.core.authority_words import in_words
from portal.core.explanations import Retry
from tenants.tokens.failures import TokenFailure

BACKOFF_CAP_SECONDS = 60.0
LEAST_WAIT_SECONDS = 1.0
NOT_ALLOWED = Decision(Rule.PERMISSION_MISSING)
HELD = "held"
"""Error class of a target that waits because its run is paused, or everything is stopped."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: in `state`, or with `retry_in` seconds to wait when another attempt is due.

    `counts` says that something disturbed the attempt, so that it counts towards the most that are made. `of_step` is
    how the last step of several ended, where that is not how the target ends.
    """

    state: TargetState
    error_class: str = ""
    code: str = ""
    detail: str = ""
    retry_in: float | None = None
    counts: bool = False
    of_step: "Ending | None" = None


def ending_of_answer(answer: Answer) -> Ending:
    """Succeeded, unless Exchange reported errors beside its objects."""
    if answer.errors:
        return Ending(TargetState.FAILED, "partly_done", detail="\n".join(error.message for error in answer.errors))
    return Ending(TargetState.SUCCEEDED)


def goes_on_after(step: Ending, on_failure: OnFailure) -> bool:
    """Whether an organization goes on with its next step: after a success, and if the plan says so after a refusal."""
    if step.retry_in is not None:
        return False
    failed = step.state is TargetState.FAILED and on_failure is OnFailure.CONTINUE
    return failed or step.state is TargetState.SUCCEEDED


def ending_of_all_steps(last: Ending, *, has_failed_steps: bool) -> Ending:
    """Return how a target ends whose last step ended so: failed, when a step before had failed."""
    if last.state is not TargetState.SUCCEEDED or not has_failed_steps:
        return last
    detail = "At least one of the steps failed. The outcome of each step says which."
    return Ending(TargetState.FAILED, "step_failed", detail=detail, of_step=last)


def ending_of_denial(decision: Decision) -> Ending:
    """Denied: who asked for the run may not have it carried out there, by the rule that decided."""
    return Ending(TargetState.DENIED, "not_allowed", decision.rule.value, in_words(decision))


def ending_of_refused_send(reason: NotSent, *, step: int, denial: Decision = NOT_ALLOWED) -> Ending:
    """Stopped: cancelled. Not allowed: denied. Paused or lease lost: given back.

    The present step did not run, also when the cmdlet had gone out before: a change is sent once more only after an
    answer (401 or a redirect) that comes before anything runs.
    """
    if reason is NotSent.STOPPED:
        before = "the cmdlet" if step == 1 else f"step {step}"
        return Ending(TargetState.CANCELLED, detail=f"The run was stopped before {before} was carried out.")
    if reason is NotSent.VANISHED:
        return ending_of_vanished_organization()
    if reason is NotSent.DENIED:
        return ending_of_denial(denial)
    if reason is NotSent.HELD:
        return Ending(TargetState.ERRORED, "held", detail="The run is paused, or everything is stopped.", retry_in=0.0)
    return Ending(TargetState.ERRORED, "worker_lost", detail="The lease ran out before sending.", retry_in=0.0)


def ending_of_vanished_organization() -> Ending:
    """Skipped: we do not serve it any more."""
    return Ending(TargetState.SKIPPED, "organization_vanished")


def ending_of_lost_database() -> Ending:
    """Nothing was sent, as nobody could be asked: another attempt is due when the database is there again."""
    return Ending(TargetState.ERRORED, "database_away", detail="The database could not be asked.", retry_in=0.0)


def ending_of_refusal(refusal: Exception, error_class: str) -> Ending:
    """Errored by ourselves, before anything was sent."""
    return Ending(TargetState.ERRORED, error_class, detail=str(refusal))


def ending_of_failure(failure: CallFailed, *, effect: Effect, strikes: int, age_seconds: float) -> Ending:
    """Decide by certainty: what surely did not run may be repeated, a lost answer to a change is `unknown`.

    `strikes` counts the attempts before that something disturbed. exchange-protocol.md 6.1 and 6.2.
    """
    if failure.explanation.error_class == NO_CHANGE_NEEDED.error_class:
        return Ending(TargetState.SUCCEEDED, NO_CHANGE_NEEDED.error_class, _code(failure), failure.detail)
    lost = failure.ran is Ran.UNKNOWN or (failure.ran is Ran.YES and not failure.answered)
    state = TargetState.FAILED if failure.answered else TargetState.ERRORED
    if lost and effect is not Effect.READ:
        state = TargetState.UNKNOWN
    error_class, throttled = failure.explanation.error_class, _is_throttled(failure, effect)
    retry_in = _retry_in(failure, effect, strikes + 1, age_seconds)
    if is_throttling(failure) and throttled and age_seconds >= settings.TARGET_DEADLINE_SECONDS:
        return Ending(TargetState.ERRORED, THROTTLED_TOO_LONG.error_class, _code(failure), _too_long(age_seconds))
    return Ending(state, error_class, _code(failure), failure.detail, retry_in, counts=not throttled)


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
    throttled = _is_throttled(failure, effect)
    if not throttled and attempt >= settings.MAX_ATTEMPTS:
        return None
    if not repeatable and not (failure.ran is Ran.NO and failure.retry is Retry.LATER and asked_to_wait is not None):
        return None
    if isinstance(failure, Withheld):
        return asked_to_wait
    # A throttled target waits as long as it was told, however often, but never less than a moment.
    waits_as_told = throttled and asked_to_wait is not None
    return max(asked_to_wait or 0.0, LEAST_WAIT_SECONDS if waits_as_told else backoff(attempt))


def _is_throttled(failure: CallFailed, effect: Effect) -> bool:
    """Whether we were turned away, or told when to come again, and a repeat does no harm."""
    told = failure.retry is Retry.AUTOMATIC and failure.retry_after is not None
    harmless = failure.ran is Ran.NO or (failure.ran is Ran.UNKNOWN and effect is Effect.READ)
    return harmless and (is_throttling(failure) or (told and failure.ran is Ran.NO))


def _too_long(age_seconds: float) -> str:
    return f"Exchange throttled this organization for {age_seconds / 60:.0f} minutes. The cmdlet did not run."


def _code(failure: CallFailed) -> str:
    if isinstance(failure.__cause__, TokenFailure):
        return failure.__cause__.code
    error = failure.server_error
    return (error.ex_code or error.type_name or str(error.status))[:100] if error else ""


def backoff(attempt: int) -> float:
    """Return seconds to wait after attempt number `attempt`: 2, 4, 8, … with jitter, at most a minute."""
    ceiling: float = min(BACKOFF_CAP_SECONDS, settings.RETRY_BASE_SECONDS * 2 ** (attempt - 1))
    return ceiling * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
