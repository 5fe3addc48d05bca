"""Where a run goes, and who is left out of it and why."""

from uuid import uuid4

import pytest
from django.utils import timezone

from jobs.runs.selection import Selection, choose
from tenants.organizations.models import Organization
from tenants.selection.selectors import SelectionRefused
from tests.factories import SYSTEM, make_group, make_organizations

pytestmark = pytest.mark.django_db


def said(selection: Selection) -> list[tuple[str, int]]:
    return [(left.reason, left.number) for left in choose(actor=SYSTEM, selection=selection).left_out]


def test_all_of_a_group_except_one_and_another_group() -> None:
    places = make_organizations(5)
    gold, pilot = make_group("Gold", places[:4]), make_group("Pilot", [places[3], places[4]])
    selection = Selection(group_ids=[gold.pk], except_group_ids=[pilot.pk], except_ids=[places[0].pk, places[4].pk])
    chosen = choose(actor=SYSTEM, selection=selection)
    assert chosen.organizations == places[1:3]
    [left] = chosen.left_out
    assert (left.reason, left.organizations) == ("Excepted by you", [places[0], places[3]])


def test_a_filter_is_resolved_when_asked() -> None:
    make_organizations(2)
    lost = make_organizations(2, reachability="unreachable")
    selection = Selection(matching="reachability=unreachable", except_ids=[lost[0].pk])
    assert choose(actor=SYSTEM, selection=selection).organizations == lost[1:]
    Organization.objects.update(reachability="unreachable")
    assert choose(actor=SYSTEM, selection=selection).number == 3


def test_a_filter_that_makes_no_sense_chooses_nobody() -> None:
    make_organizations(1)
    with pytest.raises(SelectionRefused, match="rubbish"):
        choose(actor=SYSTEM, selection=Selection(matching="reachability=rubbish"))


def test_vanished_unseen_and_deleted_are_said() -> None:
    served, gone = make_organizations(2)
    Organization.objects.filter(pk=gone.pk).update(vanished_at=timezone.now())
    selection = Selection(organization_ids=[served.pk, gone.pk, uuid4()], group_ids=[uuid4()])
    assert said(selection) == [
        ("No longer among the partner's customers", 1),
        ("Not an organization that you can see", 1),
        ("Members of an organization group that was deleted", 1),
    ]


def test_nothing_is_said_when_nobody_is_left_out() -> None:
    make_organizations(2)
    assert said(Selection(everywhere=True)) == []


def test_a_deleted_group_among_the_exceptions_is_refused_because_the_choice_would_grow() -> None:
    make_organizations(1)
    with pytest.raises(SelectionRefused, match="Untick it"):
        choose(actor=SYSTEM, selection=Selection(everywhere=True, except_group_ids=[uuid4()]))
