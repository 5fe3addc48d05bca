"""The state of a run as one sentence."""

from collections.abc import Mapping
from datetime import datetime

from jobs.global_stop.selectors import in_flight_words
from jobs.runs.models import Run
from jobs.runs.selectors import Progress
from jobs.runs.states import OPEN_TARGET_STATES, RunState, TargetState, is_open
from jobs.web.hindrance import UNHINDERED, Hindrance
from jobs.web.words import counted, counts_in_words, duration

ENOUGH_TO_ESTIMATE = 5
TESTED = {
    TargetState.SUCCEEDED: "reachable",
    TargetState.FAILED: "refused by Exchange",
    TargetState.ERRORED: "cannot be reached",
}
"""What the states of a connection test mean."""

_NEVER_BEGAN: Mapping[str, str] = {
    RunState.REJECTED: "Rejected",
    RunState.EXPIRED: "Nobody approved it in time",
    RunState.CANCELLED: "Withdrawn or stopped before it started",
}


def run_sentence(run: Run, progress: Progress, *, now: datetime, hindrance: Hindrance = UNHINDERED) -> str:
    """Return where `run` stands at `now`, numbers first."""
    if not is_open(run.state):
        return _ended(run, progress)
    if run.state == RunState.PENDING_APPROVAL:
        return f"Waits for approval: {counted(run.target_count, 'organization')}, nothing of it began."
    if run.cancel_requested_at is not None:
        return f"Stopping: {_in_flight(progress)}"
    if hindrance.stop:
        return f"Everything is stopped, by {hindrance.stop.stopped_by}: {_waiting(progress)}"
    if run.state == RunState.PAUSED:
        return f"Paused by {run.paused_by}: {_waiting(progress)}"
    if hindrance.broker_away:
        return "Waiting: the broker cannot be reached; the run starts by itself when it is back."
    if run.state == RunState.QUEUED:
        return f"Queued: {counted(run.target_count, 'organization')}, starting in a moment."
    return _running(run, progress, now)


def page_title(run: Run, progress: Progress) -> str:
    """Return the title of the run's page, progress first so that a tab shows it."""
    if not is_open(run.state):
        return f"{run.get_state_display()}: {run}"
    return f"{done(progress)}/{run.target_count} {run.cmdlet}"


def done(progress: Progress) -> int:
    """Return how many organizations have an outcome."""
    return sum(number for state, number in progress.counts.items() if state not in OPEN_TARGET_STATES)


def _running(run: Run, progress: Progress, now: datetime) -> str:
    parts = [f"{done(progress):,} of {run.target_count:,}"]
    parts += [
        f"{progress.counts[state]:,} {state.label.lower()}"
        for state in (TargetState.FAILED, TargetState.ERRORED, TargetState.UNKNOWN)
        if progress.counts.get(state)
    ]
    if progress.deferred:
        parts.append(f"{progress.deferred:,} waiting for another try")
    left = _time_left(run, progress, now)
    return f"Running: {', '.join(parts)}{f', about {left} left' if left else ''}"


def _time_left(run: Run, progress: Progress, now: datetime) -> str:
    """Return the time left if the rest goes as fast as what is done, or nothing while that is guesswork."""
    finished = done(progress)
    if run.started_at is None or progress.deferred or not ENOUGH_TO_ESTIMATE <= finished < run.target_count:
        return ""
    left = (now - run.started_at - run.held_for) / finished * (run.target_count - finished)
    return duration(left) if left.total_seconds() >= 10 else f"{max(1, round(left.total_seconds()))} s"


def _waiting(progress: Progress) -> str:
    number = progress.counts.get(TargetState.QUEUED, 0)
    return f"{counted(number, 'organization')} {'waits' if number == 1 else 'wait'}, {_in_flight(progress)}"


def _in_flight(progress: Progress) -> str:
    return in_flight_words(progress.counts.get(TargetState.RUNNING, 0), progress.sent)


def _ended(run: Run, progress: Progress) -> str:
    took = f" in {duration(run.finished_at - run.started_at)}" if run.finished_at and run.started_at else ""
    facts = counts_in_words(progress.counts, TESTED if run.is_connection_test else {})
    if run.started_at is None and run.state in _NEVER_BEGAN:
        return f"{_NEVER_BEGAN[run.state]}: nothing of it began."
    if run.state == RunState.CANCELLED:
        return f"Stopped: {facts}. What was done stays done: stopping is not a rollback."
    return f"{run.get_state_display()}: {facts}{took}"
