"""The state of a run as one sentence."""

from datetime import datetime

from jobs.runs.models import Run
from jobs.runs.selectors import Progress
from jobs.runs.states import OPEN_TARGET_STATES, RunState, TargetState, is_open
from jobs.web.words import counted, counts_in_words, duration

ENOUGH_TO_ESTIMATE = 5
TESTED = {
    TargetState.SUCCEEDED: "reachable",
    TargetState.FAILED: "refused by Exchange",
    TargetState.ERRORED: "cannot be reached",
}
"""What the states of a connection test mean."""


def run_sentence(run: Run, progress: Progress, *, now: datetime, broker_away: bool = False) -> str:
    """Return where `run` stands at `now`, numbers first; `broker_away` says that nothing can start at present."""
    if not is_open(run.state):
        return _ended(run, progress)
    if run.cancel_requested_at is not None:
        return _stopping(progress)
    if broker_away:
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
    left = (now - run.started_at) / finished * (run.target_count - finished)
    return duration(left) if left.total_seconds() >= 10 else f"{max(1, round(left.total_seconds()))} s"


def _stopping(progress: Progress) -> str:
    in_flight = progress.counts.get(TargetState.RUNNING, 0)
    sentence = f"Stopping: {in_flight:,} in flight"
    return f"{sentence}, {progress.sent:,} may still complete" if progress.sent else sentence


def _ended(run: Run, progress: Progress) -> str:
    took = f" in {duration(run.finished_at - run.started_at)}" if run.finished_at and run.started_at else ""
    facts = counts_in_words(progress.counts, TESTED if run.is_connection_test else {})
    if run.state == RunState.CANCELLED:
        return f"Stopped: {facts}. What was done stays done: stopping is not a rollback."
    return f"{run.get_state_display()}: {facts}{took}"
