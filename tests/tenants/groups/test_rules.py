"""A rule keeps exactly whom its words describe, and a rule that makes no sense is refused at the condition."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from jobs.runs.states import TargetState
from portal.accounts.models import User
from portal.core.actors import Actor
from tenants.groups.membership import in_groups, members_of
from tenants.groups.rules import MOST_CONDITIONS, Condition, Rule, RuleRefused, checked
from tenants.groups.scope import Scope
from tenants.groups.selectors import groups_by_organization, sizes_of
from tenants.groups.services import create_organization_group
from tenants.organizations.models import Organization
from tenants.variables.models import OrganizationVariable
from tests.factories import make_group, make_organizations, make_run


@pytest.fixture
def actor(technician: User, acting: Callable[[User], Actor]) -> Actor:
    return acting(technician)


@pytest.fixture
def places(actor: Actor) -> dict[str, Organization]:
    now = timezone.now()
    kinds: dict[str, dict[str, Any]] = {
        "Alpha": {"default_domain": "alpha.example", "reachability": "reachable", "is_reseller_customer": True},
        "Beta": {"reachability": "unreachable", "reachability_class": "no_consent", "environment": "O365China"},
        "Gamma 100%": {"relationship_state": "active", "relationship_ends_at": now + timedelta(days=20)},
        "عالم 🌍": {"initial_domain": "world.onmicrosoft.com"},
    }
    made = {name: make_organizations(1, name=name, **values)[0] for name, values in kinds.items()}
    Organization.objects.filter(name="Alpha").update(added_at=now - timedelta(days=400))
    OrganizationVariable.objects.create(organization=made["Alpha"], name="desk", value="a@x.example")
    OrganizationVariable.objects.create(organization=made["Beta"], name="desk", value="b@x.example")
    make_run(organizations=[made["Beta"]], states=[TargetState.FAILED])
    make_group("Gold", [made["Alpha"], made["Gamma 100%"]])
    return made


def kept(actor: Actor, *conditions: tuple[str, ...], join: str = "all") -> set[str]:
    rule = checked(Scope.of(actor), join, [Condition(*condition) for condition in conditions])
    group = create_organization_group(actor=actor, name=f"Rule {uuid4()}", rule=rule)
    members = {organization.name[:5] for organization in members_of(actor, group)}
    assert sizes_of(actor, [group]) == {group.pk: len(members)}
    return members


LAST_YEAR = f"{timezone.now() - timedelta(days=300):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("called", "contains", "alpha.EX"), {"Alpha"}),
        (("called", "contains", "%"), {"Gamma"}),
        (("name", "starts_with", "be"), {"Beta"}),
        (("name", "is", "عالم 🌍"), {"عالم "}),
        (("name", "is_not", "BETA"), {"Alpha", "Gamma", "عالم "}),
        (("domain", "ends_with", "world.onmicrosoft.com"), {"عالم "}),
        (("reachability", "is", "reachable"), {"Alpha"}),
        (("reachability", "is_not", "untried"), {"Alpha", "Beta"}),
        (("cause", "is", "no_consent"), {"Beta"}),
        (("relationship", "is", "active"), {"Gamma"}),
        (("ends", "within", "30"), {"Gamma"}),
        (("ends", "within", "7"), set()),
        (("csp", "is", "yes"), {"Alpha"}),
        (("cloud", "is", "O365China"), {"Beta"}),
        (("last", "is", "failed"), {"Beta"}),
        (("last", "is", "never"), {"Alpha", "Gamma", "عالم "}),
        (("variable", "is", "A@x.example", "desk"), {"Alpha"}),
        (("variable", "is_not", "a@x.example", "desk"), {"Beta", "Gamma", "عالم "}),
        (("variable", "is_set", "", "desk"), {"Alpha", "Beta"}),
        (("variable", "is_not_set", "", "desk"), {"Gamma", "عالم "}),
        (("added", "before", LAST_YEAR), {"Alpha"}),
        (("added", "since", LAST_YEAR), {"Beta", "Gamma", "عالم "}),
    ],
)
def test_each_condition_keeps_whom_it_describes(
    actor: Actor, places: dict[str, Organization], condition: tuple[str, ...], expected: set[str]
) -> None:
    assert kept(actor, condition) == expected


def test_all_narrows_and_any_widens(actor: Actor, places: dict[str, Organization]) -> None:
    conditions = [("reachability", "is", "reachable"), ("cloud", "is", "O365China")]
    assert kept(actor, *conditions, join="all") == set()
    assert kept(actor, *conditions, join="any") == {"Alpha", "Beta"}


def test_a_rule_uses_groups_picked_by_hand_and_follows_them(actor: Actor, places: dict[str, Organization]) -> None:
    gold = str(make_group("Hand", [places["Beta"]]).pk)
    assert kept(actor, ("group", "is", gold)) == {"Beta"}
    assert len(kept(actor, ("group", "is_not", gold))) == 3


def test_members_are_those_of_this_moment(actor: Actor) -> None:
    rule = checked(Scope.of(actor), "all", [Condition("name", "contains", "new")])
    group = create_organization_group(actor=actor, name="New ones", rule=rule)
    assert not members_of(actor, group).exists()
    place = make_organizations(1, name="A new one")[0]
    assert [*members_of(actor, group)] == [*in_groups(actor, [group.pk])] == [place]
    Organization.objects.update(vanished_at=timezone.now())
    assert not members_of(actor, group).exists()


def test_the_groups_of_a_page_take_as_many_queries_for_one_row_as_for_many(
    actor: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    places = make_organizations(30)
    hand = make_group("Hand", places[:2])
    rule = checked(Scope.of(actor), "all", [Condition("name", "contains", places[1].name)])
    by_rule = create_organization_group(actor=actor, name="Rule", rule=rule)
    for number in (1, 30):
        with django_assert_num_queries(2):
            groups = groups_by_organization(actor, places[:number])
        assert groups[places[0].pk] == [hand]
    assert groups[places[1].pk] == [hand, by_rule]
    assert groups[places[2].pk] == []


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (("", "", ""), "speaks of"),
        (("name", "within", "3"), "compared"),
        (("name", "contains", " "), "Fill in"),
        (("name", "contains", "x" * 301), "Shorten"),
        (("reachability", "is", "nonsense"), "list"),
        (("cause", "is", "No consent!"), "list"),
        (("ends", "within", "0"), "number of days"),
        (("ends", "within", "9" * 30), "number of days"),
        (("ends", "within", "²"), "number of days"),
        (("added", "since", "31.3.2026"), "2026-03-31"),
        (("group", "is", "x"), "no longer there"),
        (("variable", "is", "x", "Desk!"), "lower-case"),
    ],
)
def test_a_senseless_condition_is_refused_at_its_place(actor: Actor, condition: tuple[str, ...], problem: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        checked(Scope.of(actor), "all", [Condition("name", "is", "x"), Condition(*condition)])
    assert list(refused.value.problems) == [1]
    assert problem in refused.value.problems[1]


def test_rules_that_mean_everything_or_other_rules_are_refused(actor: Actor) -> None:
    scope = Scope.of(actor)
    condition = Condition("name", "is", "x")
    for join, conditions in (("all", []), ("some", [condition]), ("all", [condition] * (MOST_CONDITIONS + 1))):
        with pytest.raises(RuleRefused):
            checked(scope, join, conditions)
    other = create_organization_group(actor=actor, name="Rule", rule=checked(scope, "all", [condition]))
    with pytest.raises(RuleRefused, match="not other rules"):
        checked(Scope.of(actor), "all", [Condition("group", "is", str(other.pk))])


def test_a_rule_reads_as_a_sentence_and_survives_storing(actor: Actor) -> None:
    gold = make_group("Gold")
    conditions = [
        Condition("called", "contains", "shop"),
        Condition("relationship", "is", "active"),
        Condition("ends", "within", "30"),
        Condition("group", "is_not", str(gold.pk)),
        Condition("variable", "is_set", "left over", "desk"),
        Condition("added", "before", "2026-03-31"),
    ]
    scope = Scope.of(actor)
    rule = checked(scope, "any", conditions)
    assert Rule.stored(rule.as_data()) == rule
    assert rule.words(scope) == [
        "Name or domain contains “shop”",
        "Relationship is GDAP active",
        "Relationship ends within 30 days",
        "not in the group “Gold”",
        "Variable desk is set",
        "Known before 2026-03-31",
    ]
