"""Drafts of launches: one per tab, seen by nobody else, without secrets, and gone after two weeks."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.utils import timezone

from jobs.catalogue.cmdlets import find
from jobs.launch import discard_draft
from jobs.runs.models import Run
from jobs.runs.states import RunState
from jobs.saved.drafts import attach_run, discard_launch_draft, keep_launch_draft
from jobs.saved.models import LaunchDraft
from jobs.saved.querysets import KEPT_FOR
from jobs.saved.selectors import find_launch_draft, unfinished_launches
from jobs.saved.typed import FormTooLarge
from portal.accounts.models import User
from portal.core.actors import Actor
from tests.factories import make_person, make_run

Acting = Callable[[User], Actor]
pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(technician: User, acting: Acting) -> Actor:
    return acting(technician)


def kept(actor: Actor, typed: str = "p.Identity=bob", **values: object) -> LaunchDraft:
    draft = keep_launch_draft(
        actor=actor,
        draft_id=values.get("draft_id") or uuid4(),  # type: ignore[arg-type]  # a test's shorthand
        cmdlet=find("Set-Mailbox"),
        data=QueryDict(typed),
    )
    assert draft is not None
    return draft


def test_two_tabs_keep_each_their_own(actor: Actor) -> None:
    first, second = kept(actor, "p.Identity=bob"), kept(actor, "p.Identity=ann")
    kept(actor, "p.Identity=bobby", draft_id=first.pk)
    typed = {draft.pk: draft.typed for draft in unfinished_launches(actor=actor)}
    assert typed == {first.pk: "p.Identity=bobby", second.pk: "p.Identity=ann"}


def test_secrets_and_machinery_are_not_kept(actor: Actor) -> None:
    draft = keep_launch_draft(
        actor=actor,
        draft_id=uuid4(),
        cmdlet=find("New-Mailbox"),
        data=QueryDict("p.Name=x&p.Password=hunter2&p.Empty=&csrfmiddlewaretoken=t&look=save&draft=1&find=con"),
    )
    assert draft
    assert draft.typed == "p.Name=x"


def test_nobody_sees_or_changes_those_of_others(actor: Actor, acting: Acting) -> None:
    draft, other = kept(actor), acting(make_person())
    assert find_launch_draft(actor=other, draft_id=draft.pk) is None
    assert unfinished_launches(actor=other) == []
    data = QueryDict("p.Identity=evil")
    assert keep_launch_draft(actor=other, draft_id=draft.pk, cmdlet=find("Set-Mailbox"), data=data) is None
    discard_launch_draft(actor=other, draft_id=draft.pk)
    assert LaunchDraft.objects.get().typed == "p.Identity=bob"


def test_what_was_left_too_long_ago_is_forgotten(actor: Actor) -> None:
    old = kept(actor)
    LaunchDraft.objects.update(changed_at=timezone.now() - KEPT_FOR)
    assert unfinished_launches(actor=actor) == []
    fresh = kept(actor)
    assert list(LaunchDraft.objects.values_list("pk", flat=True)) == [fresh.pk] != [old.pk]


def test_what_was_launched_is_finished_and_stays_as_it_was(actor: Actor, technician: User) -> None:
    draft = kept(actor)
    run = make_run(state=RunState.DRAFT, requested_by=technician)
    attach_run(actor=actor, draft_id=draft.pk, run=run)
    assert unfinished_launches(actor=actor) == [draft]
    Run.objects.filter(pk=run.pk).update(state=RunState.QUEUED)
    assert unfinished_launches(actor=actor) == []
    data = QueryDict("p.Identity=late")
    assert keep_launch_draft(actor=actor, draft_id=draft.pk, cmdlet=find("Set-Mailbox"), data=data) is None


def test_a_second_plan_takes_the_place_of_the_first(actor: Actor, technician: User) -> None:
    draft = kept(actor)
    first, second = (make_run(state=RunState.DRAFT, requested_by=technician) for _ in range(2))
    for run in (first, second):
        attach_run(actor=actor, draft_id=draft.pk, run=run)
    assert list(Run.objects.values_list("pk", flat=True)) == [second.pk]
    assert LaunchDraft.objects.get().run_id == second.pk


def test_discarding_the_plan_discards_the_draft(actor: Actor, technician: User) -> None:
    draft, run = kept(actor), make_run(state=RunState.DRAFT, requested_by=technician)
    attach_run(actor=actor, draft_id=draft.pk, run=run)
    discard_draft(actor=actor, run_id=run.pk)
    assert not LaunchDraft.objects.exists()


def test_too_much_is_refused_with_its_size(actor: Actor) -> None:
    with pytest.raises(FormTooLarge, match="at most 500,000"):
        kept(actor, f"p.Identity={'x' * 500_001}")
