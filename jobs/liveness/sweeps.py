"""The sweeper's own record: who swept last, when, and how long it took."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from jobs.liveness.models import Sweep

BEGIN = """
INSERT INTO sweep (id, worker, began_at) VALUES (%(id)s, %(worker)s, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET worker = excluded.worker, began_at = excluded.began_at, ended_at = NULL
"""
END = """
UPDATE sweep SET ended_at = clock_timestamp(), last_ended_at = clock_timestamp(),
    last_seconds = EXTRACT(EPOCH FROM clock_timestamp() - began_at)
WHERE id = %(id)s AND worker = %(worker)s
"""


@contextmanager
def sweeping(worker: str) -> Iterator[None]:
    """Record that `worker` sweeps, and, when nothing stopped it, that it came to the end."""
    _note(BEGIN, worker)
    yield
    _note(END, worker)


def _note(statement: str, worker: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"id": Sweep.ONLY, "worker": worker})
