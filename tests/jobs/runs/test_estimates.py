"""Estimates stand on what earlier runs took, and on nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.runs.estimates import estimate
from jobs.runs.models import Run
from jobs.runs.states import RunState
from tests.factories import SYSTEM, make_organizations, make_run

pytestmark = pytest.mark.django_db


def took(seconds: int, organizations: int, **values: object) -> Run:
    now = timezone.now()
    span = {"started_at": now - timedelta(seconds=seconds), "finished_at": now}
    return make_run(organizations=make_organizations(organizations), **{"cmdlet": "Get-Mailbox", **span, **values})  # type: ignore[arg-type]  # a test's shorthand


def asked(number: int) -> tuple[int, int, int, bool, bool] | None:
    found = estimate(actor=SYSTEM, cmdlet="Get-Mailbox", service="exo", number=number)
    if found is None:
        return None
    shortest, longest = (round(span.total_seconds()) for span in (found.shortest, found.longest))
    return shortest, longest, found.runs, found.of_cmdlet, found.is_bound


def test_nothing_measured_is_no_estimate() -> None:
    took(9, 2, state=RunState.CANCELLED)
    assert asked(10) is None


def test_smaller_runs_are_stretched_and_the_span_is_told() -> None:
    took(4, 2)
    took(6, 2)
    assert asked(4) == (8, 12, 2, True, False)


def test_what_held_a_run_does_not_count() -> None:
    took(64, 2, held_for=timedelta(seconds=60))
    assert asked(2) == (4, 4, 1, True, False)


def test_a_larger_run_says_at_most() -> None:
    took(30, 6)
    assert asked(2) == (30, 30, 1, True, True)


def test_other_cmdlets_of_the_service_stand_in() -> None:
    took(5, 1, cmdlet="Get-User")
    took(50, 1, cmdlet="Get-Label", service="scc")
    assert asked(1) == (5, 5, 1, False, False)
