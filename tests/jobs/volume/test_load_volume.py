"""A made-up year: believable, the same from the same seed, and never among real runs by accident."""

from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from jobs.results.models import Result
from jobs.results.rows.models import RowPart, RowTable
from jobs.runs.models import Attempt, Connection, Run, RunTarget
from jobs.runs.plans import check
from jobs.runs.states import TargetState
from portal.accounts.policy import Role
from portal.audit.models import AuditEvent
from tests.factories import make_person

pytestmark = pytest.mark.django_db


class Rollback(Exception):
    """Ends a transaction without keeping it."""


SIZE = {"organizations": 40, "targets": 300, "rows": 2000, "until": "2026-11-01"}


def load(**options: Any) -> str:
    out = StringIO()
    arguments = [f"--{name}={value}" for name, value in {**SIZE, "seed": 7, **options}.items()]
    call_command("load_volume", *arguments, "--into-this-database", stdout=out)
    return out.getvalue()


def test_everything_that_a_run_leaves_behind_is_there(administrator: Any, signed_in: Any) -> None:
    said = load()

    assert "40 organizations" in said
    assert "300 run targets" in said
    assert RunTarget.objects.count() == 300
    assert 1900 <= sum(Result.objects.values_list("row_count", flat=True)) <= 2000
    assert Attempt.objects.count() == Connection.objects.count() >= 300
    assert {"succeeded", "errored"} <= set(RunTarget.objects.values_list("state", flat=True))
    assert not RunTarget.objects.exclude(state=TargetState.SUCCEEDED).filter(error_class="").exists()
    for run in Run.objects.all():
        check(run.plan, run.plan_hash)
        assert run.counts == run.targets.count_by_state()
        assert sum(run.counts.values()) == run.target_count
    assert sum(map(len, RowPart.objects.values_list("positions", flat=True))) == sum(
        RowTable.objects.values_list("row_count", flat=True)
    )
    for event in AuditEvent.objects.all():
        assert "?" not in event.sentence
    browser: Client = signed_in(administrator)
    for target in RunTarget.objects.order_by("state", "pk").distinct("state"):
        assert browser.get(f"/targets/{target.pk}/").status_code == 200


def test_the_same_seed_gives_the_same_volume() -> None:
    make_person(Role.SENIOR_TECHNICIAN, username="tess")
    volumes: list[list[Any]] = []
    for _ in range(2):
        with suppress(Rollback), transaction.atomic():
            load()
            volumes.append(
                [
                    list(RunTarget.objects.order_by("pk").values_list("pk", "state", "row_count", "finished_at")),
                    list(Result.objects.order_by("attempt").values_list("attempt", "sha256")),
                ]
            )
            raise Rollback

    assert volumes[0] == volumes[1]
    assert len(volumes[0][0]) == 300


def test_says_so_when_this_volume_is_there_already() -> None:
    load(rows=20, targets=10)

    with pytest.raises(CommandError, match="another --seed"), transaction.atomic():
        load(rows=20, targets=10)


def test_refuses_to_fill_a_real_installation() -> None:
    with pytest.raises(CommandError, match="--into-this-database"):
        call_command("load_volume", "--targets=1")
    with pytest.raises(CommandError, match="between 1 and"):
        call_command("load_volume", "--rows=0", "--into-this-database")

    assert not Run.objects.exists()
