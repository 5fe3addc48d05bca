"""Pages by key: every row once, whatever ties, deletions or strange cursors come."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jobs.runs.models import Run, RunTarget
from portal.core.pagination import page_by_key
from tenants.organizations.models import Organization
from tests.factories import make_organizations, make_run

pytestmark = pytest.mark.django_db
MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def walk(order: str, size: int) -> list[Organization]:
    seen: list[Organization] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        page = page_by_key(Organization.objects.all(), order=order, cursor=cursor, size=size)
        assert page.has_previous == (pages > 0)
        seen += page.rows
        cursor, pages = page.next_cursor, pages + 1
        assert pages <= 20, "it never ends"
    return seen


@pytest.mark.parametrize("order", ["name", "-name", "added_at", "-added_at"])
@pytest.mark.parametrize("size", [1, 3, 7, 8])
def test_a_walk_meets_every_row_once_also_over_ties(order: str, size: int) -> None:
    made = make_organizations(7)
    Organization.objects.filter(pk__in=[o.pk for o in made[1:5]]).update(name="Tie", added_at=datetime.now(UTC))
    seen = walk(order, size)
    assert len(seen) == 7
    assert {o.pk for o in seen} == {o.pk for o in made}
    field = order.lstrip("-")
    keys = [(getattr(o, field), o.pk) for o in seen]
    assert keys == sorted(keys, reverse=order.startswith("-"))


def test_a_deleted_row_neither_hides_nor_repeats_another() -> None:
    made = make_organizations(6)
    first = page_by_key(Organization.objects.all(), order="name", cursor="", size=3)
    Organization.objects.filter(pk__in=[made[1].pk, made[2].pk, made[3].pk]).delete()
    second = page_by_key(Organization.objects.all(), order="name", cursor=first.next_cursor, size=3)
    assert [o.pk for o in second.rows] == [made[4].pk, made[5].pk]


def test_the_last_page_has_no_next() -> None:
    make_organizations(3)
    assert page_by_key(Organization.objects.all(), order="name", cursor="", size=3).next_cursor == ""


def test_times_keep_their_microseconds() -> None:
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    made = make_organizations(3)
    for number, organization in enumerate(made):
        Organization.objects.filter(pk=organization.pk).update(added_at=now + timedelta(microseconds=number))
    assert [o.pk for o in walk("-added_at", 1)] == [o.pk for o in reversed(made)]


def cursor_of(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


strange: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.just("\ud800")
    | st.datetimes(timezones=st.just(UTC) | st.timezones()).map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
KEY = "01a20731-feba-709d-b056-17b13634ef63"


@pytest.mark.filterwarnings("ignore:.*naive datetime:RuntimeWarning")  # made up, read as UTC
@MANY
@given(cursor=st.text() | strange.map(cursor_of) | st.tuples(strange, st.just(KEY) | strange).map(cursor_of))
@example(cursor=base64.urlsafe_b64encode(b"[" * 5000).decode())
@example(cursor=cursor_of(["\ud800", KEY]))
@example(cursor=cursor_of([float("inf"), KEY]))
@example(cursor=cursor_of([2**80, KEY]))
@example(cursor=cursor_of([{"a": 1}, KEY]))
@example(cursor=cursor_of(["0001-01-01T00:00:00+14:00", KEY]))
@example(cursor=cursor_of(["2027-01-01", KEY]))
@example(cursor=cursor_of(["2027-03-01T12:00:00", KEY]))
@example(cursor=cursor_of([None, KEY]))
@pytest.mark.parametrize("order", ["name", "-launched_at", "position"])
def test_no_cursor_that_somebody_makes_up_breaks_a_page(order: str, cursor: str) -> None:
    rows: Any = {
        "name": Organization.objects.all(),
        "-launched_at": Run.objects.all(),
        "position": RunTarget.objects.all(),
    }[order]
    page_by_key(rows, order=order, cursor=cursor)


def test_an_unreadable_cursor_means_the_first_page() -> None:
    make_run()
    page = page_by_key(Run.objects.all(), order="-launched_at", cursor="nonsense")
    assert (len(page.rows), page.has_previous) == (1, False)
