"""Whoever ends the last organization of a run ends the run."""

from collections.abc import Sequence
from uuid import UUID

from jobs.dispatch.worker import worker_actor
from jobs.runs.models import RunTarget
from jobs.runs.services import finish_if_done


def finish_runs(run_ids: Sequence[UUID]) -> list[bool]:
    """End each run that has no open organization left; returns which ones were ended here.

    It runs after the endings were committed, so that of two workers with the last two organizations one sees none open.
    """
    asked = set(run_ids)
    still_open = set(RunTarget.objects.open().filter(run__in=asked).values_list("run_id", flat=True).distinct())
    ended = {run_id for run_id in asked - still_open if finish_if_done(actor=worker_actor(), run_id=run_id)}
    return [run_id in ended for run_id in run_ids]
