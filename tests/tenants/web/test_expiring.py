"""The list of relationships that end soon."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User
from portal.exports.listings import Selection, listing_named
from tenants.relationships.models import DelegatedAdminRelationship
from tests.factories import SYSTEM, make_organizations

pytestmark = pytest.mark.django_db
PATH = "/organizations/relationships/expiring/"
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"


@pytest.fixture
def browser(technician: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(technician)


def bring(number: int, *, days: int, extends: str = "PT0S") -> None:
    now = timezone.now()
    DelegatedAdminRelationship.objects.bulk_create(
        DelegatedAdminRelationship(
            id=f"r-{place.pk}",
            organization=place,
            display_name=f"Relationship {days}",
            status="active",
            role_ids=[GLOBAL],
            auto_extend_duration=extends,
            end_at=now + timedelta(days=days, hours=1),
            read_at=now,
        )
        for place in make_organizations(number)
    )


@pytest.mark.parametrize(
    ("query", "expected"), [("", [5, 50, 80]), ("within=60", [5, 50]), ("within=7", [5]), ("sort=-ends", [80, 50, 5])]
)
def test_what_is_shown_is_exported(browser: Client, query: str, expected: list[int]) -> None:
    for days in (80, 5, 50, 200):
        bring(1, days=days)
    bring(1, days=6, extends="P180D")
    shown = [row.display_name for row in browser.get(f"{PATH}?{query}").context["page"].rows]
    table = listing_named("expiring").open(SYSTEM, Selection("", QueryDict(query)))
    assert shown == [row["DisplayName"] for row in table.rows()] == [f"Relationship {days}" for days in expected]
    assert table.total == len(expected)


def test_it_says_what_global_administrator_forbids(browser: Client) -> None:
    bring(1, days=5)
    assert "Take Global Administrator out" in browser.get(PATH).content.decode()


def test_nonsense_in_the_address_is_said(browser: Client) -> None:
    page = browser.get(f"{PATH}?within=8&sort=x&cursor=y&z=1").content.decode()
    for note in ("Known are: 7, 30, 60, 90.", "“x” was ignored: known are ends", "its beginning", "“z” was ignored"):
        assert note in page


def test_is_paged_by_key_with_the_same_queries(browser: Client) -> None:
    bring(120, days=20)
    for sort in ("ends", "-organization"):
        seen, query, counts = set(), f"?sort={sort}", set()
        while query:
            with CaptureQueriesContext(connection) as queries:
                page = browser.get(PATH + query).context["page"]
            seen |= {row.pk for row in page.rows}
            counts.add(len(queries))
            query = f"?sort={sort}&cursor={page.next_cursor}" if page.next_cursor else ""
        assert (len(seen), len(counts)) == (120, 1)
