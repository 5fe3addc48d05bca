"""What somebody may no longer do is not begun: asked at the launch, at each claim, and right before sending."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from jobs.authority.decisions import Question, decisions_about
from jobs.dispatch.begin import begin
from jobs.dispatch.finish import store
from jobs.dispatch.finished import Finished
from jobs.dispatch.intent import intend, may_still_send
from jobs.dispatch.outcomes import Ending, ending_of_refused_send
from jobs.dispatch.story import Story, Way
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.machine import NotSent
from jobs.runs.models import Attempt, Run
from jobs.runs.selection import Selection
from jobs.runs.services import RunNotCancellable
from jobs.runs.states import RunState, TargetState
from portal.accounts.grants.models import RoleGrant
from portal.accounts.grants.services import revoke_grant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.services import disable_person
from portal.audit.models import AuditEvent
from portal.core.actors import Actor, Source
from portal.core.permissions import PermissionRefused
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, grant, make_group, make_person

pytestmark = pytest.mark.django_db(transaction=True)
Organizations = Callable[..., list[Organization]]


def acting(person: User) -> Actor:
    return User.objects.get(pk=person.pk).as_actor(Source.WEB)


def drafted(person: User, places: list[Organization], cmdlet: str = "Get-AcceptedDomain", **parameters: Any) -> Run:
    selection = Selection(organization_ids=[place.pk for place in places])
    return draft_run(actor=acting(person), request=RunRequest(cmdlet, parameters, selection))


def running(person: User, places: list[Organization]) -> Run:
    run = launch_run(actor=acting(person), run_id=drafted(person, places).pk)
    Run.objects.update(state=RunState.RUNNING)
    return run


def next_attempt() -> tuple[Story, Way | Ending]:
    with transaction.atomic():
        (begun,) = begin([None])
    assert begun is not None
    return begun


def take_everything(person: User) -> None:
    for each in RoleGrant.objects.filter(user=person):
        revoke_grant(actor=SYSTEM, grant_id=each.pk)


def disable(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def delete(person: User) -> None:
    User.objects.filter(pk=person.pk).delete()


LOSSES = pytest.mark.parametrize("lose", [take_everything, disable, delete])


@LOSSES
def test_a_target_whose_requester_lost_the_right_is_denied_at_its_claim(
    organizations_of: Organizations, lose: Callable[[User], None]
) -> None:
    person = make_person(Role.SENIOR_TECHNICIAN)
    run = running(person, organizations_of(2))
    story, way = next_attempt()
    assert isinstance(way, Way)
    lose(person)
    story, ending = next_attempt()
    assert isinstance(ending, Ending)
    assert (ending.state, ending.error_class, ending.code) == (
        TargetState.DENIED,
        "not_allowed",
        "permission.missing",
    )
    with transaction.atomic():
        store([Finished(story, ending, None)])
    target = run.targets.get(pk=story.claimed.run_target_id)
    assert (target.state, target.intent_fence) == (TargetState.DENIED, None)


@LOSSES
def test_a_target_that_was_claimed_before_is_denied_right_before_sending(
    organizations_of: Organizations, lose: Callable[[User], None]
) -> None:
    person = make_person(Role.SENIOR_TECHNICIAN)
    running(person, organizations_of(2))
    (early, early_way), (late, late_way) = next_attempt(), next_attempt()
    assert isinstance(early_way, Way)
    assert isinstance(late_way, Way)
    with transaction.atomic():
        (moment,) = intend([(early, early_way)])
    assert not isinstance(moment, NotSent)
    lose(person)
    with transaction.atomic():
        assert intend([(late, late_way)]) == [NotSent.DENIED]
        assert may_still_send([early]) == [NotSent.DENIED]
    assert not Attempt.objects.filter(pk=late.claimed.attempt_id, intended_at__isnull=False).exists()
    assert late.denial is not None
    ending = ending_of_refused_send(NotSent.DENIED, step=1, denial=late.denial)
    assert (ending.state, ending.code) == (TargetState.DENIED, "permission.missing")


def test_disabling_a_person_stops_their_runs_and_nobody_elses_in_one_transaction(
    organizations_of: Organizations,
) -> None:
    person, other = make_person(Role.SENIOR_TECHNICIAN), make_person(Role.SENIOR_TECHNICIAN)
    make_person(Role.PLATFORM_ADMINISTRATOR)
    places = organizations_of(3)
    run, others = running(person, places[:2]), running(other, places[2:])
    story, way = next_attempt()
    assert isinstance(way, Way)
    with transaction.atomic():
        disable_person(actor=SYSTEM, person_id=person.pk)
        transaction.set_rollback(True)
    assert Run.objects.get(pk=run.pk).cancel_requested_at is None
    assert User.objects.get(pk=person.pk).is_active
    disable_person(actor=SYSTEM, person_id=person.pk, reason="Left")
    assert set(run.targets.values_list("state", flat=True)) == {TargetState.RUNNING, TargetState.CANCELLED}
    with transaction.atomic():
        assert intend([(story, way)]) == [NotSent.STOPPED]
    event = AuditEvent.objects.get(action="person.disabled")
    assert (event.data["runs_stopped"], event.data["reason"]) == (1, "Left")
    assert set(others.targets.values_list("state", flat=True)) == {TargetState.QUEUED}


def test_only_where_the_right_ended_is_denied(organizations_of: Organizations) -> None:
    places = organizations_of(2)
    group = make_group("Gold", places)
    person = make_person(None)
    grant(person, Role.SENIOR_TECHNICIAN, over=group)
    running(person, places)
    OrganizationGroup.objects.get().organizations.remove(places[0])
    ends = {}
    for _ in places:
        story, way = next_attempt()
        ends[story.claimed.organization_id] = way
    assert isinstance(ends[places[1].pk], Way)
    denied = ends[places[0].pk]
    assert isinstance(denied, Ending)
    assert (denied.state, denied.code) == (TargetState.DENIED, "scope.outside")


def test_what_is_not_allowed_is_neither_drafted_nor_launched(organizations_of: Organizations) -> None:
    places = organizations_of(3)
    person = make_person(Role.TECHNICIAN)
    with pytest.raises(PermissionRefused, match="does not allow cmdlets of the risk “destructive”"):
        drafted(person, places, "Remove-Mailbox", Identity="anna")
    draft = drafted(person, places)
    RoleGrant.objects.filter(user=person).update(limits={"verbs": ["Set"]})
    with pytest.raises(PermissionRefused, match="cmdlets that begin with “get-”") as refused:
        launch_run(actor=acting(person), run_id=draft.pk)
    assert refused.value.rule == "limit.verb"
    assert not draft.targets.exists()
    assert Run.objects.get().state == RunState.DRAFT


def test_a_role_that_only_reads_may_not_draft_where_it_may_not_launch(organizations_of: Organizations) -> None:
    here, there = organizations_of(2)
    person = make_person(Role.AUDITOR)
    grant(person, Role.SENIOR_TECHNICIAN, over=here)
    with pytest.raises(PermissionRefused, match=f"in {there.name}. The role “Senior technician” does not reach"):
        drafted(person, [here, there])
    assert drafted(person, [here])


def test_a_run_that_names_nobody_is_denied_and_one_of_signalbox_itself_is_not(organizations_of: Organizations) -> None:
    (place,) = organizations_of(1)
    steps = drafted(make_person(Role.SENIOR_TECHNICIAN), [place]).steps
    asked = {person_id: Question(person_id, place.pk, steps) for person_id in ("", "999999", "reconciler")}
    decided = decisions_about(asked)
    assert {person_id for person_id, decision in decided.items() if decision.is_allowed} == {"reconciler"}


def test_a_run_that_ends_while_its_person_is_disabled_keeps_nobody_from_disabling(
    organizations_of: Organizations, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_person(Role.SENIOR_TECHNICIAN)
    make_person(Role.PLATFORM_ADMINISTRATOR)
    run = running(person, organizations_of(1))

    def ended_meanwhile(actor: Actor, run_id: Any) -> Run:
        raise RunNotCancellable("This run has ended already: succeeded.")

    monkeypatch.setattr("jobs.runs.services._ask_to_stop", ended_meanwhile)
    assert not disable_person(actor=SYSTEM, person_id=person.pk).is_active
    assert Run.objects.get(pk=run.pk).cancel_requested_at is None
    assert "runs_stopped" not in AuditEvent.objects.get(action="person.disabled").data


def test_asking_costs_as_many_queries_for_many_targets_as_for_one(
    organizations_of: Organizations, django_assert_num_queries: Any
) -> None:
    places = organizations_of(12)
    everywhere, in_group = make_person(Role.SENIOR_TECHNICIAN), make_person(None)
    grant(in_group, Role.SENIOR_TECHNICIAN, over=make_group("Gold", places))
    run = drafted(everywhere, places)
    for person, queries in ((everywhere, 1), (in_group, 2)):
        for number in (1, 12):
            questions = {place.pk: Question(str(person.pk), place.pk, run.steps) for place in places[:number]}
            with django_assert_num_queries(queries):
                assert all(decision.is_allowed for decision in decisions_about(questions).values())
