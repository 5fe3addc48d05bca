"""Whoever ends the last organization of a run ends the run."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from jobs.dispatch.worker import worker_actor
from jobs.runs.services import finish_if_done
from jobs.runs.states import OPEN_TARGET_STATES
from portal.core.bulk import array

_WITHOUT_OPEN = """
SELECT id FROM run WHERE id = ANY(%s::uuid[])
    AND NOT EXISTS (SELECT FROM run_target WHERE run_id = run.id AND state = ANY(%s))
"""


def finish_runs(run_ids: Sequence[UUID]) -> list[bool]:
    """End each run that has no open organization left; returns which ones were ended here.

    It runs after the endings were committed, so that of two workers with the last two organizations one sees none open.
    """
    asked = set(run_ids)
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_OPEN, [array(asked), list(OPEN_TARGET_STATES)])
        done = [row[0] for row in cursor.fetchall()]
    ended = {run_id for run_id in done if finish_if_done(actor=worker_actor(), run_id=run_id)}
    return [run_id in ended for run_id in run_ids]
