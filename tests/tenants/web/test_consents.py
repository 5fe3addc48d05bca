"""Pages about consent: the list of an app registration, the links of an organization, the answer."""

from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.exports.listings import Selection, listing_named
from tenants.app_registrations.models import AppRegistration
from tenants.consents.models import Consent, ConsentState
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, make_app_registration, make_organizations, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(administrator: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(administrator)


@pytest.fixture
def registration() -> AppRegistration:
    return make_app_registration()


@pytest.fixture
def places(registration: AppRegistration) -> list[Organization]:
    """One of each state, the last never seen."""
    made = make_organizations(4, partner=registration.partner)
    for place, state in zip(made, ("granted", "missing", "refused"), strict=False):
        Consent.objects.create(
            app_registration=registration,
            organization=place,
            state=state,
            permissions=["Exchange.ManageAsApp"] if state == "granted" else [],
            evidence="token" if state == "granted" else "AADSTS65001",
            error_class="" if state == "granted" else "no_consent",
            checked_at=timezone.now(),
        )
    make_organizations(1, partner=make_app_registration().partner)
    return made


def path_of(registration: AppRegistration) -> str:
    return reverse("tenants:consents", args=[registration.pk])


class TestList:
    def test_shows_every_organization_of_the_partner_with_evidence(
        self, browser: Client, registration: AppRegistration, places: list[Organization]
    ) -> None:
        context = browser.get(path_of(registration)).context
        assert [(row.name, row.consent_state) for row in context["page"].rows] == [
            (place.name, state)
            for place, state in zip(places, ("granted", "missing", "refused", "unknown"), strict=True)
        ]
        assert [number for _, _, number in context["numbers"]] == [1, 1, 1, 1]

    @pytest.mark.parametrize("state", ConsentState.values)
    def test_is_narrowed_and_exported_alike(
        self, browser: Client, registration: AppRegistration, places: list[Organization], state: str
    ) -> None:
        rows = browser.get(f"{path_of(registration)}?state={state}").context["page"].rows
        table = listing_named("consents").open(SYSTEM, Selection(str(registration.pk), QueryDict(f"state={state}")))
        assert [row["Organization"] for row in table.rows()] == [row.name for row in rows]
        assert table.total == len(rows) == 1

    def test_nonsense_in_the_address_is_said(self, browser: Client, registration: AppRegistration) -> None:
        page = browser.get(f"{path_of(registration)}?state=x&sort=y&cursor=z&w=1").content.decode()
        for note in ("Known are: granted", "“y” was ignored: known are name", "its beginning", "“w” was ignored"):
            assert note in page

    def test_is_paged_by_key_in_every_order_with_the_same_queries(
        self, browser: Client, registration: AppRegistration, places: list[Organization]
    ) -> None:
        make_organizations(120, partner=registration.partner)
        for sort in ("name", "-name", "state", "-checked"):
            seen, query, counts = set(), f"?sort={sort}", set()
            while query:
                with CaptureQueriesContext(connection) as queries:
                    page = browser.get(path_of(registration) + query).context["page"]
                seen |= {row.pk for row in page.rows}
                counts.add(len(queries))
                query = f"?sort={sort}&cursor={page.next_cursor}" if page.next_cursor else ""
            assert (len(seen), len(counts)) == (124, 1)

    def test_is_not_for_those_without_a_role(
        self, signed_in: Callable[[User], Client], registration: AppRegistration
    ) -> None:
        assert signed_in(make_person(None)).get(path_of(registration)).status_code == 403


class TestAnswer:
    PATH = "/connections/consent/answer/"

    def state(self, browser: Client, place: Organization) -> str:
        """The state of the link as the organization's page shows it."""
        page = browser.get(reverse("tenants:organization", args=[place.pk]) + "?tab=relationships").content.decode()
        link = unescape(page.split('id="consent-1">')[1].split("<")[0])
        assert f"/{place.tenant_id}/adminconsent?" in link
        query = parse_qs(urlsplit(link).query)
        assert query["redirect_uri"] == [f"http://testserver{self.PATH}"]
        return query["state"][0]

    def test_a_consent_offers_the_connection_test_and_marks_nothing(
        self, browser: Client, places: list[Organization]
    ) -> None:
        place = places[1]
        query = {"admin_consent": "True", "tenant": str(place.tenant_id), "state": self.state(browser, place)}
        page = browser.get(self.PATH, query).content.decode()
        assert f"{place.name} has consented to Signalbox" in page
        test = reverse("jobs:connection-test")
        assert f'href="{test}?organization={place.pk}"' in page
        assert Consent.objects.get(organization=place).state == "missing"

    def test_the_customers_own_administrator_reads_it_without_signing_in(
        self, browser: Client, places: list[Organization]
    ) -> None:
        query = {"error": "access_denied", "error_description": "AADSTS65004: no", "state": ""}
        query["state"] = self.state(browser, places[1])
        answer = Client().get(self.PATH, query)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "has not consented" in page
        assert "You can close this window." in page
        assert "Test the connection" not in page

    def test_a_consent_in_another_tenant_is_told(self, browser: Client, places: list[Organization]) -> None:
        query = {"admin_consent": "True", "tenant": str(places[0].tenant_id)}
        page = browser.get(self.PATH, {**query, "state": self.state(browser, places[1])}).content.decode()
        assert "The consent was given somewhere else" in page

    @pytest.mark.parametrize("query", ["", "?state=x", "?admin_consent=True&tenant=y&state=%00"])
    def test_nonsense_is_refused_in_words(self, db: None, query: str) -> None:
        answer = Client().get(self.PATH + query)
        assert answer.status_code == 422
        assert "no answer to a link of Signalbox" in answer.content.decode()
