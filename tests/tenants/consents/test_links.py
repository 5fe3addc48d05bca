"""Admin-consent links, and what comes back from them."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing

from tenants.app_registrations.models import AppRegistration
from tenants.consents.links import AnswerRefused, consent_links, read_answer
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.organizations.models import Organization
from tests.factories import make_app_registration, make_organizations

pytestmark = pytest.mark.django_db
HERE = "https://portal.example/connections/consent/answer/"


@pytest.fixture
def registration() -> AppRegistration:
    return make_app_registration()


@pytest.fixture
def place(registration: AppRegistration) -> Organization:
    return make_organizations(1, partner=registration.partner)[0]


def state_of(place: Organization, registration: AppRegistration) -> str:
    links = consent_links(place, registration, ENVIRONMENTS["O365Default"], answer_url=HERE)
    return parse_qs(urlsplit(links.everything).query)["state"][0]


@pytest.mark.parametrize(
    ("environment", "authority", "scope"),
    [
        ("O365Default", "https://login.microsoftonline.com", "https://outlook.office365.com/.default"),
        ("O365USGovGCCHigh", "https://login.microsoftonline.us", "https://outlook.office365.us/.default"),
        ("O365China", "https://login.chinacloudapi.cn", "https://partner.outlook.cn/.default"),
    ],
)
def test_a_link_leads_to_the_authority_of_the_organizations_cloud(
    place: Organization, registration: AppRegistration, environment: str, authority: str, scope: str
) -> None:
    links = consent_links(place, registration, ENVIRONMENTS[environment], answer_url=HERE)
    assert links.everything.startswith(f"{authority}/{place.tenant_id}/adminconsent?")
    assert links.exchange.startswith(f"{authority}/{place.tenant_id}/v2.0/adminconsent?")
    query = parse_qs(urlsplit(links.exchange).query)
    assert (query["client_id"], query["scope"]) == ([str(registration.application_id)], [scope])
    assert query["redirect_uri"] == [HERE]
    assert "scope" not in parse_qs(urlsplit(links.everything).query)


def test_a_consent_in_the_organization_itself_is_told(place: Organization, registration: AppRegistration) -> None:
    query = {"admin_consent": "True", "tenant": str(place.tenant_id).upper(), "state": state_of(place, registration)}
    answer = read_answer(query)
    assert (answer.organization, answer.app_registration, answer.is_granted) == (place, registration, True)


@pytest.mark.parametrize(
    ("query", "error", "code"),
    [
        ({"admin_consent": "True", "tenant": "0d2a8e5c-0000-4000-8000-000000000000"}, "", ""),
        ({"error": "access_denied", "error_description": "AADSTS65004: declined"}, "access_denied", "AADSTS65004"),
        ({"admin_consent": "True", "error": "x"}, "x", ""),
        ({}, "no_answer", ""),
    ],
)
def test_anything_else_is_no_consent(
    place: Organization, registration: AppRegistration, query: dict[str, str], error: str, code: str
) -> None:
    answer = read_answer({**query, "state": state_of(place, registration)})
    assert (answer.is_granted, answer.error, answer.code) == (False, error, code)


@pytest.mark.parametrize("state", ["", "x", "a:b:c", "é\0", "WyJ4Il0:1:2"])
def test_a_state_that_is_not_ours_is_refused(state: str) -> None:
    with pytest.raises(AnswerRefused, match="no answer to a link of Signalbox"):
        read_answer({"admin_consent": "True", "tenant": "x", "state": state})


def test_a_state_of_another_purpose_or_shape_is_refused(registration: AppRegistration) -> None:
    for forged in (signing.dumps([1, 2]), signing.dumps([1], salt="tenants.consents")):
        with pytest.raises(AnswerRefused):
            read_answer({"state": forged})


def test_a_state_older_than_seven_days_is_refused(
    place: Organization, registration: AppRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of(place, registration)
    now = signing.time.time()  # type: ignore[attr-defined]  # the module's own clock
    monkeypatch.setattr(signing.time, "time", lambda: now + 8 * 24 * 3600)  # type: ignore[attr-defined]
    with pytest.raises(AnswerRefused, match="older than seven days"):
        read_answer({"state": state})


def test_an_app_registration_of_another_partner_is_refused(place: Organization) -> None:
    with pytest.raises(AnswerRefused, match="no longer known"):
        read_answer({"state": state_of(place, make_app_registration())})
