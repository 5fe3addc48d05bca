"""What attempts show about consent is remembered, in as many queries for a hundred organizations as for one."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.audit.models import AuditEvent
from tenants.app_registrations.models import AppRegistration
from tenants.consents.evidence import Sighting, sighting
from tenants.consents.models import Consent, ConsentChange
from tenants.consents.selectors import consents_of
from tenants.consents.services import note_consents
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, make_app_registration, make_organizations

pytestmark = pytest.mark.django_db
PLACE = UUID(int=7)


def seen(error_class: str = "", code: str = "", *permissions: str) -> Sighting | None:
    return sighting(
        organization_id=PLACE, application_id="app", permissions=permissions, error_class=error_class, code=code
    )


@pytest.mark.parametrize(
    ("error_class", "code", "permissions", "expected"),
    [
        ("", "", ("Exchange.ManageAsApp",), ("granted", "token")),
        ("role_missing", "", ("Exchange.ManageAsApp",), ("granted", "token")),
        ("no_consent", "AADSTS65001", (), ("missing", "AADSTS65001")),
        ("app_not_found", "AADSTS700016", (), ("missing", "AADSTS700016")),
        ("service_principal_missing", "AADSTS7000229", (), ("missing", "AADSTS7000229")),
        ("permission_missing_in_registration", "AADSTS650052", (), ("missing", "AADSTS650052")),
        ("admin_consent_required", "AADSTS90094", (), ("missing", "AADSTS90094")),
        ("permission_missing_in_token", "", (), ("missing", "permission_missing_in_token")),
        ("consent_declined", "AADSTS65004", (), ("refused", "AADSTS65004")),
        ("app_disabled_in_organization", "AADSTS7000112", (), ("refused", "AADSTS7000112")),
        ("no_consent", "AADSTS65001", ("Exchange.ManageAsApp",), ("missing", "AADSTS65001")),
    ],
)
def test_an_attempt_shows(error_class: str, code: str, permissions: tuple[str, ...], expected: tuple[str, str]) -> None:
    found = seen(error_class, code, *permissions)
    assert found
    assert (found.state.value, found.evidence) == expected


@pytest.mark.parametrize("error_class", ["", "conditional_access_blocked", "login_unreachable", "no_gdap_access"])
def test_without_token_and_without_a_word_about_consent_nothing_is_shown(error_class: str) -> None:
    assert seen(error_class, "AADSTS1") is None


def note(registration: AppRegistration, places: list[Organization], *told: str) -> None:
    permissions = ("Exchange.ManageAsApp",) if not told else ()
    error_class, code = told or ("", "")
    sightings = [
        sighting(
            organization_id=place.pk,
            application_id=str(registration.application_id),
            permissions=permissions,
            error_class=error_class,
            code=code,
        )
        for place in places
    ]
    note_consents(actor=SYSTEM, sightings=[each for each in sightings if each])


MISSING = ("no_consent", "AADSTS65001")


def test_the_present_state_the_history_and_the_events() -> None:
    registration = make_app_registration()
    place = make_organizations(1, partner=registration.partner)[0]
    note(registration, [place])
    first = Consent.objects.get()
    assert (first.state, first.permissions, first.evidence) == ("granted", ["Exchange.ManageAsApp"], "token")
    assert not AuditEvent.objects.filter(action="consent.changed").exists(), "it is the first knowledge, and good"
    note(registration, [place])
    again = Consent.objects.get()
    assert again.pk == first.pk
    assert again.checked_at > first.checked_at
    note(registration, [place], *MISSING)
    note(registration, [place])
    changes = ConsentChange.objects.order_by("found_at").values_list("before", "after", "known_at")
    assert [change[:2] for change in changes] == [
        ("unknown", "granted"),
        ("granted", "missing"),
        ("missing", "granted"),
    ]
    assert changes[1][2] == again.checked_at
    events = AuditEvent.objects.filter(action="consent.changed").order_by("pk")
    assert [event.sentence for event in events] == [
        f"The consent of {place.name} to Signalbox is now missing",
        f"The consent of {place.name} to Signalbox is now granted",
    ]
    between = ConsentChange.objects.order_by("found_at")[1].found_at
    assert [view.state for view in consents_of(place, at=between)] == ["missing"]
    assert [view.state for view in consents_of(place)] == ["granted"]
    assert consents_of(place, at=first.checked_at.replace(year=2020))[0].checked_at is None


def test_an_application_that_is_not_ours_is_left_out() -> None:
    registration = make_app_registration()
    place = make_organizations(1, partner=registration.partner)[0]
    registration.application_id = UUID(int=3)
    note(registration, [place])
    assert not Consent.objects.exists()


@pytest.mark.parametrize("told", [(), MISSING])
def test_a_batch_takes_as_many_queries_for_many_as_for_few_and_at_most_six(told: tuple[str, ...]) -> None:
    registration = make_app_registration()

    def queries(number: int) -> list[int]:
        places, counts = make_organizations(number, partner=registration.partner), []
        for kind in (told, told, () if told else MISSING):
            with CaptureQueriesContext(connection) as captured:
                note(registration, places, *kind)
            counts.append(len([q for q in captured if "SAVEPOINT" not in q["sql"]]))
        return counts

    few, many = queries(1), queries(100)
    assert few == many
    assert max(many) <= 6
    assert many[1] == 2, "nothing changed: one question and one update"
