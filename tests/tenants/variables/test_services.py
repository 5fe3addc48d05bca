"""Variables: set in one or many organizations, each change with its event; all or nothing."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tenants.organizations.models import Organization
from tenants.variables.models import OrganizationVariable
from tenants.variables.names import VariableRefused, built_in
from tenants.variables.selectors import Effect, effect_of, stored_values
from tenants.variables.services import Setting, remove_variable, set_variables
from tests.factories import SYSTEM, make_organizations

pytestmark = pytest.mark.django_db


def put(place: Organization, name: str, value: str) -> int:
    return set_variables(actor=SYSTEM, settings=[Setting(place.pk, name, value)])


def test_only_what_changes_is_written_and_recorded() -> None:
    a, b = make_organizations(2)
    settings = [Setting(place.pk, "desk", " help@x.example ") for place in (a, b)]
    assert set_variables(actor=SYSTEM, settings=settings) == 2
    assert set_variables(actor=SYSTEM, settings=[*settings, Setting(b.pk, "desk", "other")]) == 1
    assert stored_values([a.pk, b.pk]) == {(a.pk, "desk"): "help@x.example", (b.pk, "desk"): "other"}
    events = AuditEvent.objects.filter(action=AuditAction.ORGANIZATION_VARIABLE_SET).order_by("pk")
    assert len(events) == 3
    assert events[2].sentence == f"test set the variable desk of {b.name}"
    assert events[2].organization_id == b.pk
    assert events[2].data == {"variable": "desk", "value": "other", "before": "help@x.example"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("Desk", "x", "lower-case"),
        ("1desk", "x", "lower-case"),
        ("d" * 61, "x", "lower-case"),
        ("", "x", "lower-case"),
        ("default_domain", "x", "by itself"),
        ("desk", "  ", "Type a value"),
        ("desk", "x" * 1001, "Shorten"),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_is(name: str, value: str, words: str) -> None:
    a, b = make_organizations(2)
    with pytest.raises(VariableRefused, match=words):
        set_variables(actor=SYSTEM, settings=[Setting(a.pk, "fine", "x"), Setting(b.pk, name, value)])
    assert not OrganizationVariable.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_vanished_organization_gets_none() -> None:
    place = make_organizations(1, vanished_at=timezone.now())[0]
    assert put(place, "desk", "x") == 0


def test_removing_keeps_the_value_in_the_event() -> None:
    place = make_organizations(1)[0]
    put(place, "desk", "x")
    assert remove_variable(actor=SYSTEM, organization=place, name="desk")
    assert not remove_variable(actor=SYSTEM, organization=place, name="desk")
    event = AuditEvent.objects.get(action=AuditAction.ORGANIZATION_VARIABLE_REMOVED)
    assert event.sentence == f"test removed the variable desk of {place.name}"
    assert event.data == {"variable": "desk", "before": "x"}


def test_both_need_the_permission(auditor: User, acting: Callable[[User], Actor]) -> None:
    place = make_organizations(1)[0]
    with pytest.raises(PermissionRefused):
        set_variables(actor=acting(auditor), settings=[Setting(place.pk, "desk", "x")])
    with pytest.raises(PermissionRefused):
        remove_variable(actor=acting(auditor), organization=place, name="desk")


def test_the_effect_is_known_before() -> None:
    a, b, _ = make_organizations(3)
    put(a, "desk", "x")
    put(b, "desk", "y")
    assert effect_of(Organization.objects.all(), "desk", "x") == Effect(added=1, replaced=1, unchanged=1)


def test_some_are_known_of_every_organization() -> None:
    place = make_organizations(1)[0]
    assert built_in(place)["tenant_id"] == str(place.tenant_id)
