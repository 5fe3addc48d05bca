"""States of runs and run targets, in the words that pages show."""

from django.db.models import TextChoices


class RunState(TextChoices):
    """Where a run stands."""

    DRAFT = "draft", "Draft"
    PENDING_APPROVAL = "pending_approval", "Waits for approval"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    SUCCEEDED = "succeeded", "Succeeded"
    PARTLY_FAILED = "partly_failed", "Partly failed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"


class TargetState(TextChoices):
    """Where one organization of a run stands.

    failed: Exchange answered and said no. errored: we could not ask, nothing was sent. unknown: a change was sent and
    the answer was lost.
    """

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    ERRORED = "errored", "Errored"
    UNKNOWN = "unknown", "Unknown"
    SKIPPED = "skipped", "Skipped"
    DENIED = "denied", "Denied"
    CANCELLED = "cancelled", "Cancelled"


class Verdict(TextChoices):
    """What was found out about an outcome that was unknown.

    applied: what is there now is what was planned, whether our call made it so or it was so before.
    """

    APPLIED = "applied", "As planned"
    NOT_APPLIED = "not_applied", "Not carried out"
    NEEDS_PERSON = "needs_person", "Needs a person"


OPEN_RUN_STATES = (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)
OPEN_TARGET_STATES = (TargetState.QUEUED, TargetState.RUNNING)


def is_open(state: str) -> bool:
    """Whether a run in `state` has not ended: a paused one goes on when resumed, one that waits when approved."""
    return state in OPEN_RUN_STATES or state == RunState.PENDING_APPROVAL


def final_state(counts: dict[str, int]) -> RunState:
    """Return the state of a run whose targets ended as `counts` says: what was stopped too late is not cancelled."""
    if counts.get(TargetState.CANCELLED):
        return RunState.CANCELLED
    succeeded, total = counts.get(TargetState.SUCCEEDED, 0), sum(counts.values())
    if succeeded == total:
        return RunState.SUCCEEDED
    undecided = counts.get(TargetState.UNKNOWN, 0)
    return RunState.PARTLY_FAILED if succeeded or undecided else RunState.FAILED
