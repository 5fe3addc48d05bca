"""The page that answers who could do what, and the list of what changed."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.exports.listings import Selection, listing_named
from tenants.organizations.models import Organization
from tenants.relationships.models import RelationshipChange
from tests.factories import SYSTEM, make_organizations, make_partner, make_person, make_run
from tests.tenants.readings import customer, reading, store, tenant

pytestmark = pytest.mark.django_db


def march(day: int) -> datetime:
    return datetime(2026, 3, day, 8, 12, tzinfo=UTC)


@pytest.fixture
def place() -> Organization:
    partner = make_partner()
    store(partner, reading(customer(1), customer(2)), on=march(11))
    store(partner, reading(customer(1, status="terminated"), customer(2)), on=march(14))
    return Organization.objects.get(tenant_id=tenant(1))


@pytest.fixture
def browser(technician: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(technician)


class TestAccess:
    def ask(self, browser: Client, place: Organization, query: str = "") -> str:
        answer = browser.get(reverse("tenants:access", args=[place.pk]) + query)
        assert answer.status_code == 200
        return answer.content.decode()

    def test_a_day_shows_who_held_which_roles_and_how_surely(self, browser: Client, place: Organization) -> None:
        page = self.ask(browser, place, "?on=2026-03-12")
        assert "on 12 March 2026?" in page
        assert "Exchange team" in page
        assert "Exchange Administrator" in page
        assert "it changed somewhere between" in page
        assert "The last reading before it ended was on 11 March 2026 08:12 UTC." in page
        assert "The next reading was on 14 March 2026" in page

    def test_without_a_day_it_is_now(self, browser: Client, place: Organization) -> None:
        page = self.ask(browser, place)
        assert " now?" in page
        assert "It was not in force." in page

    @pytest.mark.parametrize(
        ("query", "note"),
        [
            ("?on=yesterday", "Write a day as 2027-03-31."),
            ("?on=2026-02-31", "Write a day as 2027-03-31."),
            ("?on=9999-01-01", "nobody can know yet"),
            ("?on=2026-03-12&at=25:00", "Write a time as 08:30."),
            ("?at=08:00", "it needs a day"),
            ("?from=2026-03-12&to=2026-03-01", "does not run forwards"),
            ("?to=2026-03-01", "needs a day to begin with"),
            ("?frm=1", "has no such filter"),
        ],
    )
    def test_nonsense_in_the_address_is_said_and_ignored(
        self, browser: Client, place: Organization, query: str, note: str
    ) -> None:
        assert note in self.ask(browser, place, query)

    def test_two_days_are_compared(self, browser: Client, place: Organization) -> None:
        page = self.ask(browser, place, "?from=2026-03-12&to=2026-03-15")
        assert '<td class="wrap">active</td><td class="wrap">terminated</td>' in page
        assert "Nothing that is known differs" in self.ask(browser, place, "?from=2026-03-15&to=2026-03-16")

    def test_it_says_who_had_what_run_on_that_day(self, browser: Client, place: Organization) -> None:
        person = make_person(username="anna")
        run = make_run(organizations=[place], requested_by=person)
        run.targets.update(started_at=march(12))
        page = self.ask(browser, place, "?on=2026-03-12")
        assert f"<strong>{person}</strong>: 1 run" in page
        assert f"organization={place.pk}&amp;since=2026-03-12&amp;until=2026-03-12" in page
        assert "Nothing was run here on that day." in self.ask(browser, place, "?on=2026-03-13")

    def test_an_organization_that_does_not_exist_is_not_found(self, browser: Client) -> None:
        unknown = "00000000-0000-7000-8000-000000000000"
        assert browser.get(reverse("tenants:access", args=[unknown])).status_code == 404


class TestChanges:
    PATH = "/organizations/relationships/changes/"

    def test_are_listed_with_before_and_after(self, browser: Client, place: Organization) -> None:
        page = browser.get(self.PATH).content.decode()
        assert "Customer 1" in page
        assert "Customer 2" not in page
        assert "active</span> → terminated" in page

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("kind=state", True),
            ("kind=roles", False),
            ("organization=customer+1", True),
            ("organization=customer+2", False),
            ("since=2026-03-14&until=2026-03-14", True),
            ("until=2026-03-13", False),
        ],
    )
    def test_are_narrowed_and_exported_alike(
        self, browser: Client, place: Organization, query: str, shown: bool
    ) -> None:
        assert ("→ terminated" in browser.get(f"{self.PATH}?{query}").content.decode()) is shown
        table = listing_named("relationship-changes").open(SYSTEM, Selection("", QueryDict(query)))
        assert [row["After"] for row in table.rows()] == (["terminated"] if shown else [])

    def test_nonsense_in_the_address_is_said(self, browser: Client, place: Organization) -> None:
        page = browser.get(f"{self.PATH}?kind=colour&sort=size&cursor=x&q=1").content.decode()
        for note in ("Choose one from the list", "“size” was ignored: known are", "its beginning", "“q” was ignored"):
            assert note in page

    def test_are_paged_by_key_in_every_order_with_the_same_queries(self, browser: Client, place: Organization) -> None:
        change = RelationshipChange.objects.get()
        values = {f.attname: getattr(change, f.attname) for f in change._meta.concrete_fields if f.name != "id"}
        RelationshipChange.objects.bulk_create(RelationshipChange(**values) for _ in range(120))
        for sort in ("found", "-found", "organization", "-kind"):
            seen, query, counts = set(), f"?sort={sort}", set()
            while query:
                with CaptureQueriesContext(connection) as queries:
                    context = browser.get(self.PATH + query).context
                seen |= {row.pk for row in context["page"].rows}
                counts.add(len(queries))
                cursor = context["page"].next_cursor
                query = f"?sort={sort}&cursor={cursor}" if cursor else ""
            assert len(seen) == 121
            assert len(counts) == 1

    def test_can_be_saved_as_filters(self, browser: Client, place: Organization) -> None:
        make_organizations(1)
        data = {"page": "relationship-changes", "path": self.PATH, "query": "kind=state", "name": "States"}
        browser.post(reverse("accounts:saved-filters"), data)
        assert "States" in browser.get(f"{self.PATH}?kind=state").content.decode()
