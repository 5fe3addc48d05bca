"""Who could do what on a day: what readings told, what they leave open, and what only later ones tell."""

from datetime import UTC, datetime, timedelta

import pytest

from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.relationships.standing import Span, Standing, compared, inferred, standings
from tenants.sync.selectors import last_read_at
from tests.factories import make_partner
from tests.tenants.readings import EXCHANGE, READER, customer, reading, store, tenant

pytestmark = pytest.mark.django_db


def march(day: int, hour: int = 8) -> datetime:
    return datetime(2026, 3, day, hour, 12, tzinfo=UTC)


@pytest.fixture
def partner() -> Partner:
    """On 11 March it was active, on 14 March terminated; the last reading was on 20 March."""
    made = make_partner()
    store(made, reading(customer(1)), on=march(11))
    store(made, reading(customer(1)), on=march(12))
    store(made, reading(customer(1, status="terminated"), is_member=False), on=march(14))
    store(made, reading(customer(1, status="terminated"), is_member=False), on=march(20))
    return made


def gdap(partner: Partner, begin: datetime, end: datetime | None = None) -> list[Standing]:
    place = Organization.objects.get(partner=partner)
    span = Span(begin, end or begin)
    return [each for each in standings(place, span, last_read_at(partner)) if each.kind == "gdap"]


def test_between_two_readings_that_agree_it_is_certain(partner: Partner) -> None:
    (standing,) = gdap(partner, march(11, 20))
    assert (standing.status, standing.in_force, standing.is_certain) == ("active", True, True)
    (holder,) = standing.holders
    assert (holder.group_name, holder.is_member, holder.roles) == ("Exchange team", True, ["Exchange Administrator"])
    assert standing.since == march(11)


def test_between_two_readings_that_differ_it_ended_somewhere_between(partner: Partner) -> None:
    (standing,) = gdap(partner, march(13))
    assert (standing.status, standing.is_certain) == ("active", False)
    assert "last read so on 12 March 2026 08:12 UTC" in standing.knowledge
    assert "The next reading, on 14 March 2026 08:12 UTC, found it different" in standing.knowledge


def test_a_day_on_which_it_changed_shows_both(partner: Partner) -> None:
    found = gdap(partner, march(14, 0), march(14, 23))
    assert [(each.status, each.in_force) for each in found] == [("active", True), ("terminated", False)]
    assert not any(each.is_certain for each in found)


def test_after_the_last_reading_nothing_is_certain(partner: Partner) -> None:
    (standing,) = gdap(partner, march(25))
    assert (standing.status, standing.is_certain) == ("terminated", False)
    assert "still so at the last reading, on 20 March 2026 08:12 UTC" in standing.knowledge
    assert [holder.is_member for holder in standing.holders] == [False]


def test_before_the_first_reading_only_its_own_dates_tell(partner: Partner) -> None:
    assert gdap(partner, march(1)) == []
    place = Organization.objects.get(partner=partner)
    ((name, sentence),) = inferred(place, Span(march(1), march(1)))
    assert name == "Relationship 1"
    assert "first read, on 11 March 2026" in sentence
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    assert inferred(place, Span(long_ago, long_ago)) == []
    assert inferred(place, Span(march(13), march(13))) == [], "it was read by then"


def test_what_differs_between_two_moments_is_said_for_relationships_and_groups(partner: Partner) -> None:
    place = Organization.objects.get(partner=partner)
    found = {(label, each.kind.value, each.before, each.after) for label, each in compared(place, march(13), march(14))}
    assert found == {
        ("Relationship 1", "state", "active", "terminated"),
        ("Exchange team", "membership", "member", "not a member"),
    }
    assert compared(place, march(14), march(20)) == []


def test_other_organizations_are_left_out() -> None:
    made = make_partner()
    store(made, reading(customer(1), customer(2, role_definition_ids=(EXCHANGE, READER))), on=march(11))
    for number in (1, 2):
        place = Organization.objects.get(tenant_id=tenant(number))
        found = standings(place, Span(march(11), march(11) + timedelta(hours=1)), march(11))
        assert [each.label for each in found if each.kind == "gdap"] == [f"Relationship {number}"]
