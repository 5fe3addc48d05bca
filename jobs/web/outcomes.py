"""What the outcome of one organization means, as one sentence that says only what is certain."""

from collections.abc import Sequence

from jobs.catalogue.effects import Effect
from jobs.exchange.disturbances import UNREACHABLE
from jobs.exchange.refusals import NO_CHANGE_NEEDED
from jobs.retry.rules import RAN_CLASSES
from jobs.runs.models import Attempt, RunTarget
from jobs.runs.states import TargetState, Verdict

_SENTENCES = {
    TargetState.QUEUED: "Waits for its turn.",
    TargetState.RUNNING: "A worker is at it now.",
    TargetState.SUCCEEDED: "Exchange carried the cmdlet out.",
    TargetState.FAILED: "Exchange answered and said no.",
    TargetState.ERRORED: "Exchange could not be asked. Nothing was sent.",
    TargetState.UNKNOWN: "A change was sent and the answer was lost: it may or may not have been carried out.",
    TargetState.SKIPPED: "Left out. Nothing was sent.",
    TargetState.DENIED: "Not allowed. Nothing was sent.",
    TargetState.CANCELLED: "The run was stopped before this organization's turn.",
}
_FOUND_OUT = {
    Verdict.APPLIED: "A change was sent and the answer was lost. It was found out since: it is as planned.",
    Verdict.NOT_APPLIED: "A change was sent and the answer was lost. It was found out since: it was not carried out.",
}


STEP_FAILED = "step_failed"
"""The error class of an organization in which a step failed and the later ones were sent all the same."""

_OF_STEPS = {
    TargetState.QUEUED: "Step {step} of {steps} waits for its turn.",
    TargetState.RUNNING: "A worker is at step {step} of {steps} now.",
    TargetState.SUCCEEDED: "Exchange carried all {steps} steps out.",
    TargetState.FAILED: "Exchange answered step {step} of {steps} and said no.",
    TargetState.ERRORED: "No usable answer came to step {step} of {steps}. Nothing was changed by it.",
    TargetState.UNKNOWN: "Step {step} of {steps} was sent and its answer was lost: it may or may not be carried out.",
    TargetState.CANCELLED: "The run was stopped before step {step} of {steps} was sent.",
}


def outcome_sentence(target: RunTarget, attempts: Sequence[Attempt]) -> str:
    """Return what `target`, with all its `attempts`, came to; of several steps, with which of them it ended."""
    steps = target.run.step_count
    if steps > 1 and target.error_class == STEP_FAILED:
        return "Exchange answered every step that it was asked, and at least one with no. The list of steps says which."
    if steps > 1 and target.error_class in RAN_CLASSES:
        return f"Exchange carried step {target.step} of {steps} out only in part."
    if steps > 1 and target.state in _OF_STEPS and not target.verdict:
        return _OF_STEPS[TargetState(target.state)].format(step=target.step, steps=steps)
    if target.state == TargetState.SUCCEEDED and target.error_class == NO_CHANGE_NEEDED.error_class:
        return "Exchange was asked, and nothing had to be changed."
    if target.state == TargetState.FAILED and target.error_class in RAN_CLASSES:
        return "Exchange carried the cmdlet out only in part."
    if target.state in (TargetState.ERRORED, TargetState.CANCELLED) and any(_was_sent(one) for one in attempts):
        return _sent_in_vain(target)
    if target.state == TargetState.QUEUED and not attempts:
        return "Waits for its turn. Nothing was sent yet."
    if target.state == TargetState.UNKNOWN and target.verdict in _FOUND_OUT:
        return _FOUND_OUT[Verdict(target.verdict)]
    return _SENTENCES[TargetState(target.state)]


def _was_sent(attempt: Attempt) -> bool:
    """Whether anything can have left: the intent is committed before a connection is made that may not come about."""
    return attempt.intended_at is not None and attempt.error_class != UNREACHABLE.error_class


def _sent_in_vain(target: RunTarget) -> str:
    if target.run.effect == Effect.READ:
        return "The cmdlet was sent, and no usable answer came. It only reads, so nothing was changed."
    if target.error_class in RAN_CLASSES:
        return "The cmdlet was carried out, and its answer is not complete."
    return "The cmdlet was sent, and turned away before it ran."
