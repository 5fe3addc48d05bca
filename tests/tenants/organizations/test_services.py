"""Reachability is remembered each time; an event is written only where it changed."""

import pytest

from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization, Reachability
from tenants.organizations.services import Finding, note_reachability
from tests.factories import SYSTEM, make_organizations

pytestmark = pytest.mark.django_db

REACHED = Finding(Reachability.REACHABLE)
NO_CONSENT = Finding(Reachability.UNREACHABLE, "consent_missing", "No consent", "Grant it.")
BLOCKED = Finding(Reachability.UNREACHABLE, "conditional_access", "Blocked", "Exclude us.")


def note(organization: Organization, finding: Finding) -> Organization:
    note_reachability(actor=SYSTEM, findings={organization.pk: finding})
    organization.refresh_from_db()
    return organization


def test_a_change_is_stored_with_its_fix_and_its_event() -> None:
    organization = note(make_organizations(1)[0], NO_CONSENT)
    assert (organization.reachability, organization.reachability_class) == ("unreachable", "consent_missing")
    assert (organization.reachability_reason, organization.reachability_fix) == ("No consent", "Grant it.")
    event = AuditEvent.objects.get()
    assert event.sentence == f"{organization.name} became not reachable"
    assert (event.data["before"], event.organization_id) == ("untried", organization.pk)


def test_the_same_again_moves_only_the_time() -> None:
    organization = note(make_organizations(1)[0], NO_CONSENT)
    first = organization.reachability_checked_at
    again = note(organization, NO_CONSENT).reachability_checked_at
    assert first
    assert again
    assert again > first
    assert AuditEvent.objects.count() == 1


def test_another_cause_is_a_change() -> None:
    organization = note(note(make_organizations(1)[0], NO_CONSENT), BLOCKED)
    assert organization.reachability_class == "conditional_access"
    assert AuditEvent.objects.count() == 2


def test_getting_in_clears_cause_and_fix() -> None:
    organization = note(note(make_organizations(1)[0], NO_CONSENT), REACHED)
    kept = (organization.reachability_class, organization.reachability_reason, organization.reachability_fix)
    assert (organization.reachability, kept) == ("reachable", ("", "", ""))


def test_each_of_many_gets_its_own_finding() -> None:
    one, two, three, other = make_organizations(4)
    note(three, REACHED)
    note_reachability(actor=SYSTEM, findings={one.pk: REACHED, two.pk: BLOCKED, three.pk: REACHED})
    found = dict(Organization.objects.values_list("pk", "reachability_class"))
    assert found == {one.pk: "", two.pk: "conditional_access", three.pk: "", other.pk: ""}
    assert AuditEvent.objects.count() == 3
    other.refresh_from_db()
    assert other.reachability_checked_at is None


def test_long_texts_are_cut_to_their_columns() -> None:
    finding = Finding(Reachability.UNREACHABLE, "consent_missing", "r" * 400, "f" * 2000)
    organization = note(make_organizations(1)[0], finding)
    assert (len(organization.reachability_reason), len(organization.reachability_fix)) == (300, 1000)
