"""How many attempts are in flight as one identity while the login host asks to slow down."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from jobs.dispatch.claims import claim_targets
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.throttling.decisions import slots_after
from jobs.throttling.models import IdentityPace
from jobs.throttling.pace import keep_pace
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.factories import make_run
from tests.live import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
NOW, LONG_AGO = timedelta(seconds=0.1), timedelta(minutes=1)


def keep(throttled: Collection[str] = (), **answered: int) -> None:
    with transaction.atomic():
        keep_pace(throttled=throttled, answered=answered)


def slots() -> float:
    return IdentityPace.objects.get(key="one").slots


@pytest.mark.parametrize(
    ("before", "in_flight", "since_slowed", "after"),
    [(100, 80, LONG_AGO, 40), (20, 80, LONG_AGO, 10), (40, 80, NOW, 40), (1, 1, LONG_AGO, 1), (1, 0, LONG_AGO, 1)],
)
def test_throttling_halves_what_is_in_flight_once_for_all_that_are_refused_together(
    before: float, in_flight: int, since_slowed: timedelta, after: float
) -> None:
    slowed = slots_after(before, is_throttled=True, answers=7, in_flight=in_flight, since_slowed=since_slowed)
    assert slowed == after


@pytest.fixture
def in_flight() -> Run:
    run = make_run(state=RunState.RUNNING, organizations=40, states=[TargetState.RUNNING, TargetState.QUEUED])
    run.targets.update(identity="one", lease_owner="", lease_until=timezone.now() + timedelta(minutes=1))
    return run


def test_an_identity_that_is_throttled_claims_no_more_than_half_of_what_was_in_flight(in_flight: Run) -> None:
    keep(throttled=["one"])
    assert slots() == 10
    in_flight.targets.filter(state=TargetState.RUNNING).update(state=TargetState.QUEUED, lease_until=None)
    with transaction.atomic():
        assert len(claim_targets(100)) == 10
    with transaction.atomic():
        assert claim_targets(100) == []


@pytest.mark.usefixtures("in_flight")
def test_every_answer_lets_one_more_through_until_nothing_is_held_back(settings: Settings) -> None:
    settings.IDENTITY_IN_FLIGHT = 16
    keep(throttled=["one"])
    keep(throttled=["one"])
    keep(one=3, other=5)
    assert slots() == 13
    keep(one=3)
    assert not IdentityPace.objects.exists()


def test_answers_of_identities_that_nobody_throttles_cost_one_statement_and_no_row(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    with transaction.atomic(), django_assert_num_queries(1):
        keep_pace(throttled=(), answered={"one": 5, "two": 1})
    assert not IdentityPace.objects.exists()


def test_a_login_host_that_throttles_slows_the_identity_down_and_fails_nobody(
    sandbox: Sandbox,
    organizations_of: Callable[..., list[Organization]],
    launch: Launch,
    carry_out: Callable[[Run], list[RunTarget]],
) -> None:
    throttled = {"match": {"service": "login", "method": "POST"}, "action": {"type": "throttled", "retry_after": 9}}
    sandbox.control("POST", "faults", json=throttled)
    targets = carry_out(launch("Get-AcceptedDomain", organizations_of(3)))
    assert {(target.state, target.error_class, target.strike_count) for target in targets} == {
        (TargetState.QUEUED, "login_throttled", 0)
    }
    assert IdentityPace.objects.get().key == targets[0].identity
