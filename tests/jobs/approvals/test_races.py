"""Approvals, withdrawals and lost rights at the same moment: nothing begins that was not rightly approved."""

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs.approvals.models import Approval, ApprovalRequest
from jobs.approvals.policies import PolicyRequest, save_policy
from jobs.approvals.requests import ApprovalRefused, expire_requests, withdraw_request
from jobs.approvals.services import approve_run, reject_run, withdraw_approval
from jobs.dispatch.begin import begin
from jobs.dispatch.story import Way
from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from portal.accounts.grants.models import RoleGrant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.core.permissions import PermissionRefused, StepUpRequired
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, grant, make_group, make_person
from tests.jobs.approvals.world import destructive_run, fresh

RACES = int(os.environ.get("APPROVAL_RACES", "500"))
SEED = int(os.environ.get("SEED", "1"))
AT_ONCE = 4
EXPECTED = (ApprovalRefused, PermissionRefused, StepUpRequired)
Move = Callable[[Run], object]

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Cast:
    """The people of the races: `good` may approve, nobody of `bad` may, each for a reason of their own."""

    requester: User
    good: Sequence[User]
    bad: Sequence[User]


@pytest.fixture
def cast(technician: User, organizations_of: Callable[..., list[Organization]]) -> Cast:
    places = organizations_of(2)
    grant(technician, Role.APPROVER)
    twin, outside = make_person(Role.APPROVER), make_person(None)
    User.objects.filter(pk__in=[technician.pk, twin.pk]).update(entra_object_id=uuid4())
    grant(outside, Role.APPROVER, over=make_group("Gold", places[:1]))
    return Cast(technician, [make_person(Role.APPROVER) for _ in range(3)], [technician, twin, outside])


def answer(person: User, *, plan_hash: str = "", stepped_up_at: datetime | None = None) -> Move:
    def move(run: Run) -> object:
        actor = fresh(person)
        actor = replace(actor, stepped_up_at=stepped_up_at or actor.stepped_up_at)
        return approve_run(actor=actor, run_id=run.pk, plan_hash=plan_hash or run.plan_hash, comment="Agreed")

    return move


def moves_of(cast: Cast, luck: random.Random) -> list[Move]:
    """Return what some people do at once: mostly approvals, some of them bad, and what takes their ground away."""
    good, bad = luck.choice(cast.good), luck.choice(cast.bad)
    long_ago = timezone.now() - timedelta(minutes=6)
    every: list[Move] = [
        answer(good),
        answer(luck.choice(cast.good)),
        answer(bad),
        answer(good, stepped_up_at=long_ago),
        answer(good, plan_hash="0" * 64),
        lambda run: withdraw_approval(actor=fresh(good), run_id=run.pk, reason="x"),
        lambda run: reject_run(actor=fresh(good), run_id=run.pk, reason="x"),
        lambda run: withdraw_request(actor=fresh(cast.requester), run_id=run.pk),
        lambda run: RoleGrant.objects.filter(user=good).update(revoked_at=timezone.now()),
        lambda run: expire_now(run),
    ]
    return luck.choices(every, weights=[6, 6, 6, 3, 3, 2, 1, 1, 2, 1], k=AT_ONCE)


def expire_now(run: Run) -> None:
    ApprovalRequest.objects.filter(run=run, state="waiting").update(expires_at=timezone.now())
    expire_requests()


def race(run: Run, moves: Sequence[Move]) -> list[BaseException]:
    """Let every move happen at the same moment; returns what nobody expected."""
    strange: list[BaseException] = []
    start = Barrier(len(moves))

    def one(move: Move) -> None:
        try:
            start.wait(20)
            move(run)
        except EXPECTED:
            pass
        except BaseException as error:  # noqa: BLE001 - judged by the test
            strange.append(error)
        finally:
            connection.close()

    threads = [Thread(target=one, args=(move,)) for move in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return strange


def rightly_approved(run: Run, cast: Cast, needed: int) -> bool:
    """Whether enough of the good ones stand behind the run now, by a reckoning of its own."""
    may = {person.pk for person in cast.good if person.role_grants.filter(revoked_at=None).exists()}
    standing = Approval.objects.filter(request__run=run, withdrawn_at=None, plan_hash=run.plan_hash)
    fresh_ones = [
        each for each in standing if each.stepped_up_at and each.given_at - each.stepped_up_at < timedelta(minutes=5)
    ]
    return len({int(each.person_id) for each in fresh_ones} & may) >= needed


def test_nothing_begins_without_distinct_fresh_approvers_in_scope_of_the_exact_plan(cast: Cast) -> None:
    luck = random.Random(SEED)
    begun = wrong = 0
    places = list(Organization.objects.all())
    for number in range(RACES):
        needed = luck.choice([1, 1, 2])
        policy = PolicyRequest("What destroys", risks=["destructive"], approvers=needed)
        save_policy(actor=SYSTEM, reference="destructive", request=policy)
        run = destructive_run(cast.requester, places)
        strange = race(run, moves_of(cast, luck))
        assert not strange, f"seed {SEED}, race {number}: {strange}"
        run.refresh_from_db()
        by_bad = Approval.objects.filter(request__run=run, person_id__in=[str(each.pk) for each in cast.bad])
        wrong += by_bad.count()
        if run.state == RunState.QUEUED:
            Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
            with transaction.atomic():
                ways = [way for _, way in filter(None, begin([None] * len(places)))]
            sendable = sum(isinstance(way, Way) for way in ways)
            begun += bool(sendable)
            wrong += bool(sendable) and not rightly_approved(run, cast, needed)
        Run.objects.filter(pk=run.pk).update(state=RunState.CANCELLED)
        run.targets.update(state=TargetState.CANCELLED, finished_at=timezone.now())
        RoleGrant.objects.filter(user__in=cast.good).update(revoked_at=None)
    print(f"\n{RACES} approval races (seed {SEED}): {begun} runs began, {wrong} without a right approval")
    assert wrong == 0
    assert RACES // 10 < begun < RACES
