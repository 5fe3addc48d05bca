"""The rule builder: members before one's eyes, errors at the condition, nothing typed is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from tenants.groups.models import OrganizationGroup
from tests.factories import make_group, make_organizations

NEW = reverse("tenants:group-by-rule")


@pytest.fixture
def browser(technician: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(technician)


def lines(*conditions: tuple[str, str, str, str], **others: str) -> dict[str, Any]:
    columns = dict(zip(("field", "operator", "value", "variable"), zip(*conditions, strict=True), strict=True))
    return {"join": "all", **columns, **others}


def post(browser: Client, data: dict[str, Any], *, target: str = "") -> Any:
    headers = {"HX-Request": "true", "HX-Target": target} if target else {}
    return browser.post(NEW, data, headers=headers)


def test_a_rule_is_made_and_shown_in_words(browser: Client) -> None:
    make_organizations(1, name="Shop & Co", reachability="unreachable")
    make_organizations(1, name="Shop", reachability="reachable")
    conditions = lines(
        ("called", "contains", "shop", ""), ("reachability", "is", "unreachable", ""), name="Unreachable shops"
    )
    answer = post(browser, conditions)
    group = OrganizationGroup.objects.get()
    assert answer["Location"] == reverse("tenants:group", args=[group.pk])
    page = browser.get(answer["Location"]).content.decode()
    assert "Name or domain contains “shop” <strong>and</strong> Reachability is Not reachable" in page
    assert "Shop &amp; Co" in page
    assert "Remove from the group" not in page


def test_members_are_counted_while_it_is_written(browser: Client) -> None:
    make_organizations(25, name="Shop")
    make_organizations(3, name="Bank")
    data = lines(("name", "is", "shop", ""), look="preview")
    fragment = post(browser, data, target="rule-preview").content.decode()
    assert "25 organizations</span> belong to it now" in fragment
    assert "and 5 more" in fragment
    assert "<select" not in fragment
    assert "25 organizations" in post(browser, data).content.decode()
    assert not OrganizationGroup.objects.exists()


def test_lines_come_and_go_and_keep_what_was_typed(browser: Client) -> None:
    data = lines(("name", "contains", "a", ""), ("domain", "contains", "b", ""), look="add")
    form = post(browser, data).context["form"]
    assert [(c.field, c.value) for c in form.conditions] == [("name", "a"), ("domain", "b"), ("called", "")]
    form = post(browser, {**data, "look": "remove-0"}).context["form"]
    assert [c.value for c in form.conditions] == ["b"]
    assert post(browser, {**data, "look": "remove-9"}).status_code == 200


def test_another_field_brings_its_own_operators(browser: Client) -> None:
    answer = post(browser, lines(("ends", "contains", "shop", ""), look="preview"))
    row = answer.context["form"].rows[0]
    assert ([option.value for option in row.operators], row.condition.value) == (["within"], "")
    assert row.problem == ""


def test_a_problem_stands_at_its_condition(browser: Client) -> None:
    data = lines(("name", "is", "x", ""), ("ends", "within", "soon", ""), name="Gold")
    answer = post(browser, data)
    assert answer.status_code == 422
    assert [row.problem for row in answer.context["form"].rows] == ["", "Type a number of days from 1 to 3,650."]
    page = answer.content.decode()
    assert 'value="soon"' in page
    assert 'aria-describedby="problem-1"' in page
    assert 'value="Gold"' in page


def test_a_taken_name_is_said_at_the_name(browser: Client) -> None:
    make_group("Gold")
    answer = post(browser, lines(("name", "is", "x", ""), name="gold"))
    assert answer.status_code == 422
    assert "already an organization group" in answer.context["form"].name_problem


def test_a_rule_without_conditions_is_refused(browser: Client) -> None:
    answer = post(browser, {"join": "all", "name": "Everybody"})
    assert answer.status_code == 422
    assert "would mean every organization" in answer.content.decode()


def test_the_filter_of_the_list_becomes_a_rule(browser: Client) -> None:
    gold = make_group("Gold")
    query = f"?q=shop&reachability=reachable&group={gold.pk}&ends_within=30&variable=desk"
    form = browser.get(NEW + query).context["form"]
    assert {(c.field, c.operator, c.value, c.variable) for c in form.conditions} == {
        ("called", "contains", "shop", ""),
        ("reachability", "is", "reachable", ""),
        ("group", "is", str(gold.pk), ""),
        ("ends", "within", "30", ""),
        ("variable", "is_set", "", "desk"),
    }
    form = browser.get(f"{NEW}?reachability=reachable&reachability=untried").context["form"]
    assert (form.join, len(form.conditions)) == ("any", 2)
    mixed = browser.get(f"{NEW}?q=shop&reachability=reachable&reachability=untried").content.decode()
    assert "mixes “or” with “and”" in mixed


def test_a_rule_is_edited(browser: Client) -> None:
    post(browser, lines(("name", "is", "x", ""), name="Gold"))
    group = OrganizationGroup.objects.get()
    path = reverse("tenants:group-rule", args=[group.pk])
    assert browser.get(path).context["form"].conditions[0].value == "x"
    assert browser.post(path, lines(("name", "is", "y", ""))).status_code == 303
    group.refresh_from_db()
    assert group.rule is not None
    assert group.rule["conditions"][0]["value"] == "y"
    by_hand = reverse("tenants:group-rule", args=[make_group("Hand").pk])
    assert "picked by hand" in browser.get(by_hand, follow=True).content.decode()


def test_only_those_who_manage_groups_write_rules(auditor: User, signed_in: Callable[[User], Client]) -> None:
    assert signed_in(auditor).get(NEW).status_code == 403
    assert signed_in(auditor).post(NEW, {}).status_code == 403
