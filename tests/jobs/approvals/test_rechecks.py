"""No cmdlet is sent unless, at that moment, enough others have approved exactly this plan."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from jobs.approvals.models import Approval, ApprovalRequest
from jobs.approvals.services import approve_run, withdraw_approval
from jobs.dispatch.begin import begin
from jobs.dispatch.intent import intend, may_still_send
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.story import Story, Way
from jobs.runs.machine import NotSent
from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from portal.accounts.grants.models import RoleGrant
from portal.accounts.models import User
from portal.accounts.policy import Role
from tenants.organizations.models import Organization
from tests.factories import grant, make_group, make_person
from tests.jobs.approvals.world import destructive_run, fresh

pytestmark = pytest.mark.django_db(transaction=True)
Organizations = Callable[..., list[Organization]]


def next_attempt() -> tuple[Story, Way | Ending]:
    with transaction.atomic():
        (begun,) = begin([None])
    assert begun is not None
    return begun


def running(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)


def approved_run(requester: User, approver: User, places: list[Organization]) -> Run:
    run = destructive_run(requester, places)
    approve_run(actor=fresh(approver), run_id=run.pk, plan_hash=run.plan_hash, comment="Agreed")
    running(run)
    return run


def test_what_is_approved_is_sent(technician: User, approver: User, organizations_of: Organizations) -> None:
    approved_run(technician, approver, organizations_of(1))
    story, way = next_attempt()
    assert isinstance(way, Way)
    with transaction.atomic():
        (moment,) = intend([(story, way)])
    assert not isinstance(moment, NotSent)
    with transaction.atomic():
        assert may_still_send([story]) == [None]


def withdraw(approver: User, run: Run) -> None:
    withdraw_approval(actor=fresh(approver), run_id=run.pk, reason="Stop it")


def take_the_role(approver: User, run: Run) -> None:
    RoleGrant.objects.filter(user=approver).update(revoked_at=timezone.now())


def disable(approver: User, run: Run) -> None:
    User.objects.filter(pk=approver.pk).update(is_active=False)


def forge_the_comment(approver: User, run: Run) -> None:
    Approval.objects.update(comment="Something else")


def delete_the_approval(approver: User, run: Run) -> None:
    Approval.objects.all().delete()


def delete_all_about_it(approver: User, run: Run) -> None:
    Approval.objects.all().delete()
    ApprovalRequest.objects.all().delete()


def reopen_the_request(approver: User, run: Run) -> None:
    ApprovalRequest.objects.update(state="waiting", ended_at=None)


def make_it_anothers(approver: User, run: Run) -> None:
    Approval.objects.update(human="account:0", person_id=str(make_person(Role.APPROVER).pk))


LOSSES = pytest.mark.parametrize(
    "lose",
    [
        withdraw,
        take_the_role,
        disable,
        forge_the_comment,
        delete_the_approval,
        delete_all_about_it,
        reopen_the_request,
        make_it_anothers,
    ],
)


@LOSSES
def test_an_approval_that_does_not_hold_any_more_denies_what_was_not_sent(
    technician: User, approver: User, organizations_of: Organizations, lose: Callable[[User, Run], None]
) -> None:
    run = approved_run(technician, approver, organizations_of(3))
    (sent, sent_way), (claimed, claimed_way) = next_attempt(), next_attempt()
    assert isinstance(sent_way, Way)
    assert isinstance(claimed_way, Way)
    with transaction.atomic():
        (moment,) = intend([(sent, sent_way)])
    assert not isinstance(moment, NotSent)
    lose(approver, run)
    with transaction.atomic():
        assert intend([(claimed, claimed_way)]) == [NotSent.DENIED]
        assert may_still_send([sent]) == [NotSent.DENIED]
    _, ending = next_attempt()
    assert isinstance(ending, Ending)
    assert (ending.state, ending.code) == (TargetState.DENIED, "approval.missing")


def test_a_run_that_was_set_going_in_the_database_is_denied(technician: User, organizations_of: Organizations) -> None:
    run = destructive_run(technician, organizations_of(1))
    running(run)
    _, ending = next_attempt()
    assert isinstance(ending, Ending)
    assert (ending.state, ending.code) == (TargetState.DENIED, "approval.missing")


def test_only_where_the_approver_lost_the_scope_is_denied(technician: User, organizations_of: Organizations) -> None:
    places = organizations_of(2)
    gold, person = make_group("Gold", places), make_person(None)
    grant(person, Role.APPROVER, over=gold)
    approved_run(technician, person, places)
    gold.organizations.remove(places[0])
    endings = {story.claimed.organization_id: way for story, way in (next_attempt(), next_attempt())}
    assert isinstance(endings[places[0].pk], Ending)
    assert isinstance(endings[places[1].pk], Way)


def test_time_that_passes_after_the_approval_changes_nothing(
    technician: User, approver: User, organizations_of: Organizations
) -> None:
    approved_run(technician, approver, organizations_of(1))
    ApprovalRequest.objects.update(expires_at=timezone.now() - timedelta(hours=3))
    assert isinstance(next_attempt()[1], Way)
