"""Following a run in the terminal."""

import sys
import time

from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from jobs.runs.models import Run, RunTarget
from jobs.runs.states import OPEN_TARGET_STATES, RunState, TargetState, is_open
from portal.core.errors import DATABASE_AWAY
from portal.core.health import broker_answers

LOOK_EVERY_SECONDS = 0.2
LOOK_AGAIN_SECONDS = 3.0
ASK_BROKER_AFTER_SECONDS = 3.0


def follow(run: Run) -> Run:
    """Show a progress bar on standard error until the run has ended, and return it as it is then.

    Ctrl-C stops watching, not the run.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            return _watch(run, progress, progress.add_task(run.cmdlet, total=run.target_count, counts=""))
    except KeyboardInterrupt:
        console.print(f"The run goes on without this window. Stop it with: python manage.py stop_run {run.pk}")
        sys.exit(130)


def _watch(run: Run, progress: Progress, bar: TaskID) -> Run:
    began = time.monotonic()
    told = False
    while True:
        try:
            counts = _look(run)
        except DATABASE_AWAY:
            connection.close()
            progress.console.print(
                f"The database cannot be reached. Run {run.pk} goes on when it is back; still watching."
            )
            time.sleep(LOOK_AGAIN_SECONDS)
            continue
        ended = sum(number for state, number in counts.items() if state not in OPEN_TARGET_STATES)
        progress.update(bar, completed=ended, counts=_words(counts))
        if not is_open(run.state):
            return run
        if run.state == RunState.PENDING_APPROVAL and not told:
            told = True
            progress.console.print("It waits for approval by another person, for 60 minutes at most; then it begins.")
        if run.state == RunState.QUEUED and not told and time.monotonic() - began > ASK_BROKER_AFTER_SECONDS:
            told = True
            if not broker_answers():
                progress.console.print("The broker cannot be reached. The run waits, and starts when it is back.")
        time.sleep(LOOK_EVERY_SECONDS)


def _look(run: Run) -> dict[str, int]:
    run.refresh_from_db(fields=["state", "started_at", "finished_at", "counts"])
    return RunTarget.objects.filter(run=run).count_by_state()


def _words(counts: dict[str, int]) -> str:
    shown = (TargetState.SUCCEEDED, TargetState.FAILED, TargetState.ERRORED, TargetState.UNKNOWN)
    return ", ".join(f"{counts[state]} {state.label.lower()}" for state in shown if counts.get(state))
