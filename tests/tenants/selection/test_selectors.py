"""A selection in an address names exactly the organizations that a person meant."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.http import QueryDict
from django.utils import timezone

from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from portal.accounts.models import User
from portal.core.actors import Actor
from tenants.selection.selectors import SelectionRefused, organizations_of_selection, selection_in_words
from tests.factories import make_group, make_organizations, make_person, make_run


@pytest.fixture
def actor(technician: User, acting: Callable[[User], Actor]) -> Actor:
    return acting(technician)


def named(actor: Actor, query: str) -> list[str]:
    return sorted(organizations_of_selection(actor, QueryDict(query)).values_list("name", flat=True))


class TestPicked:
    def test_organizations_and_groups_add_up_each_once(self, actor: Actor) -> None:
        a, b, c, _ = (make_organizations(1, name=name)[0] for name in "ABCD")
        gold, pilot = make_group("Gold", [a, b]), make_group("Pilot", [b])
        query = f"organization={c.pk}&organization={a.pk}&group={gold.pk}&group={pilot.pk}"
        assert named(actor, query) == ["A", "B", "C"]
        assert selection_in_words(actor, QueryDict(f"organization={c.pk}")) == "1 organization picked"

    def test_nothing_selected_is_nothing(self, actor: Actor) -> None:
        make_organizations(2)
        assert named(actor, "") == []
        assert named(actor, "reachability=untried") == []

    def test_vanished_organizations_and_people_without_a_role_get_nothing(
        self, actor: Actor, acting: Callable[[User], Actor]
    ) -> None:
        gone = make_organizations(1, vanished_at=timezone.now())[0]
        assert named(actor, f"organization={gone.pk}") == []
        there = make_organizations(1)[0]
        assert named(acting(make_person(None)), f"organization={there.pk}&match=all") == []

    @pytest.mark.parametrize("query", ["organization=x", "group=x", f"group={UUID(int=7)}"])
    def test_what_cannot_be_read_is_refused(self, actor: Actor, query: str) -> None:
        with pytest.raises(SelectionRefused, match="again"):
            organizations_of_selection(actor, QueryDict(query))


class TestAllThatMatch:
    def test_facets_narrow_each_other_and_values_of_one_facet_widen_it(self, actor: Actor) -> None:
        soon = timezone.now() + timedelta(days=10)
        make_organizations(1, name="A", reachability="reachable", is_reseller_customer=True)
        make_organizations(1, name="B", reachability="unreachable", reachability_class="no_consent")
        make_organizations(1, name="C", relationship_state="active", relationship_ends_at=soon)
        assert named(actor, "match=all") == ["A", "B", "C"]
        assert named(actor, "match=all&reachability=reachable&reachability=unreachable") == ["A", "B"]
        assert named(actor, "match=all&reachability=reachable&csp=no") == []
        assert named(actor, "match=all&cause=no_consent") == ["B"]
        assert named(actor, "match=all&ends_within=30&relationship=active") == ["C"]
        assert named(actor, "match=all&ends_within=7") == []
        assert named(actor, "match=all&cloud=O365China") == []

    def test_the_search_takes_name_domain_and_tenant_id(self, actor: Actor) -> None:
        a = make_organizations(1, name="Alpha", default_domain="shop.example")[0]
        make_organizations(1, name="Beta")
        assert named(actor, "match=all&q=SHOP alp") == ["Alpha"]
        assert named(actor, f"match=all&q={a.tenant_id}") == ["Alpha"]

    def test_the_last_outcome_counts_and_not_the_ones_before(self, actor: Actor) -> None:
        a, b = (make_organizations(1, name=name)[0] for name in "AB")
        make_run(organizations=[a], states=[TargetState.FAILED])
        RunTarget.objects.update(finished_at=timezone.now() - timedelta(hours=1))
        make_run(organizations=[a], states=[TargetState.SUCCEEDED])
        make_run(organizations=[b], states=[TargetState.QUEUED])
        assert named(actor, "match=all&last=failed") == []
        assert named(actor, "match=all&last=succeeded") == ["A"]
        assert named(actor, "match=all&last=never") == ["B"]

    @pytest.mark.parametrize(
        "query", ["reachability=nonsense", "ends_within=-1", "ends_within=9999999", "group=x", "cause=No!", "csp=maybe"]
    )
    def test_a_senseless_filter_is_refused_rather_than_left_out(self, actor: Actor, query: str) -> None:
        make_organizations(1)
        with pytest.raises(SelectionRefused, match="makes no sense"):
            organizations_of_selection(actor, QueryDict(f"match=all&{query}"))

    def test_a_search_of_which_nothing_is_left_is_refused(self, actor: Actor) -> None:
        make_organizations(1)
        with pytest.raises(SelectionRefused):
            named(actor, "match=all&q=%00")

    def test_it_is_said_in_words(self, actor: Actor) -> None:
        gold = make_group("Gold", [])
        query = f"match=all&q=shop&reachability=reachable&reachability=untried&group={gold.pk}"
        assert selection_in_words(actor, QueryDict(query)) == (
            "All that match: Search: “shop”; Reachability: Reachable or Not tried yet; Organization group: Gold"
        )
        assert selection_in_words(actor, QueryDict("match=all")) == "All organizations"
