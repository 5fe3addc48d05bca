"""Exports of the first version survive the way to the present one, and those of runs the way back."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from jobs.runs.models import Run
from tests.factories import make_run

BEFORE, AFTER = ("exports", "0001_take_over_exports"), ("exports", "0002_export_any_listing")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run() -> Iterator[Run]:
    yield make_run(organizations=2)
    call_command("migrate", verbosity=0)


def go(target: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate([target])


def stored() -> list[dict[str, object]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM export ORDER BY requested_at")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_there_and_back(run: Run) -> None:
    go(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO export (id, run_id, format, state, done, total, row_count, byte_count, sha256, error,"
            " requested_by_id, requested_by, requested_at, started_at)"
            " VALUES (%s, %s, 'csv', 'ready', 2, 2, 2, 10, 'ab', '', '1', 'Tess', now(), now())",
            [uuid4(), run.pk],
        )
    go(AFTER)
    row = stored()[0]
    assert (row["listing"], row["of_id"], row["run_id"]) == ("run-results", str(run.pk), run.pk)
    assert (row["title"], row["attempt"]) == (f"Results of {run}", 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE export SET total = NULL")
        cursor.execute(
            "INSERT INTO export SELECT gen_random_uuid(), format, state, done, total, row_count, byte_count, sha256,"
            " error, requested_by_id, requested_by, requested_at, started_at, finished_at, expires_at,"
            " 'organizations', '', '', 'Organizations', '', '', NULL, attempt, notes, reported_at FROM export"
        )
    assert len(stored()) == 2
    go(BEFORE)
    assert [(row["run_id"], row["total"]) for row in stored()] == [(run.pk, 2)]
