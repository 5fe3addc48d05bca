"""What a reading finds changed is kept, in words and for ever; what it finds as before writes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.audit.models import AuditEvent
from tenants.partner.models import Partner
from tenants.relationships import models
from tenants.relationships.models import RelationshipChange, RelationshipVersion
from tenants.sync.models import Synchronization
from tenants.sync.selectors import readings_around
from tenants.sync.services import start_synchronization, synchronize
from tests.factories import SYSTEM, make_partner
from tests.live import Sandbox
from tests.tenants.readings import END, EXCHANGE, READER, customer, reading, store


def changes() -> list[tuple[str, str, str]]:
    return list(RelationshipChange.objects.order_by("pk").values_list("kind", "before", "after"))


@pytest.mark.django_db
class TestChanges:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({"status": "terminated"}, ("state", "active", "terminated")),
            (
                {"role_definition_ids": (EXCHANGE, READER)},
                ("roles", "Exchange Administrator", "Exchange Administrator, Global Reader"),
            ),
            (
                {"auto_extend_duration": "PT0S"},
                ("auto_extend", "extends itself by 180 days", "does not extend itself"),
            ),
            ({"ends_at": None}, ("end", f"{END.day} {END:%B %Y}", "no end date")),
            ({"display_name": "Other"}, ("name", "Relationship 1", "Other")),
            (
                {"assigned": {"status": "deleting"}},
                (
                    "assignment",
                    "Exchange team: Exchange Administrator (active)",
                    "Exchange team: Exchange Administrator (deleting)",
                ),
            ),
        ],
    )
    def test_of_a_fact_are_kept_in_words_with_their_audit_event(
        self, values: dict[str, Any], expected: tuple[str, str, str]
    ) -> None:
        partner = make_partner()
        store(partner, reading(customer(1)))
        first = RelationshipVersion.objects.get(kind="gdap")
        assert store(partner, reading(customer(1, **values))).changed == 1
        assert changes() == [expected]
        event = AuditEvent.objects.get(action="relationship.changed")
        assert (event.data["before"], event.data["after"]) == expected[1:]
        assert f"{expected[1]} → {expected[2]}" in event.sentence
        assert event.organization_name == "Customer 1"
        second = RelationshipVersion.objects.get(kind="gdap", valid_until=None)
        first.refresh_from_db()
        assert first.facts != second.facts
        assert (first.valid_until, first.confirmed_at) == (second.valid_from, first.valid_from)

    def test_coming_and_going_are_kept_with_what_there_was(self) -> None:
        partner = make_partner()
        store(partner, reading(customer(1)))
        store(partner, reading(customer(1), customer(2)))
        store(partner, reading(customer(2)))
        summary = f"active: Exchange Administrator, until {END.day} {END:%B %Y}"
        assert sorted(changes()) == [
            ("appeared", "none", summary),
            ("disappeared", summary, "none"),
            ("reseller", "none", "reseller"),
            ("reseller", "reseller", "none"),
        ]
        assert RelationshipVersion.objects.filter(valid_until=None).count() == 3
        assert list(models.DelegatedAdminRelationship.objects.values_list("pk", flat=True)) == ["r-2"]
        assert models.ResellerRelationship.objects.count() == models.AccessAssignment.objects.count() == 1

    def test_of_membership_are_kept_also_when_groups_can_no_longer_be_read(self) -> None:
        partner = make_partner()
        store(partner, reading(customer(1)))
        store(partner, reading(customer(1), is_member=False))
        store(partner, reading(customer(1), groups=False))
        assert changes() == [("membership", "member", "not a member"), ("membership", "not a member", "not known")]
        assert RelationshipVersion.objects.get(kind="group", valid_until=None).facts["name"] == "Exchange team"
        assert RelationshipChange.objects.filter(organization=None).count() == 2

    def test_the_first_reading_begins_the_history_and_changes_nothing(self) -> None:
        partner = make_partner()
        assert store(partner, reading(customer(1), customer(2))).changed == 0
        assert not AuditEvent.objects.filter(action="relationship.changed").exists()
        assert RelationshipVersion.objects.count() == 5


@pytest.mark.django_db
class TestUnchanged:
    def test_readings_write_no_row_and_ask_as_little_for_many_as_for_few(self) -> None:
        asked = []
        for number in (3, 1000):
            partner = make_partner()
            read = reading(*(customer(each + number * 10_000) for each in range(number)))
            store(partner, read)
            before = RelationshipVersion.objects.count()
            with CaptureQueriesContext(
                connection,
            ) as queries:
                counts = store(partner, read)
            # bulk_update of the organizations themselves goes in batches of 500
            asked.append(len([q for q in queries if 'UPDATE "organization"' not in q["sql"]]))
            assert counts.changed == 0
            assert RelationshipVersion.objects.count() == before
            assert not [q for q in queries if "INSERT" in q["sql"] and '"synchronization"' not in q["sql"]]
        assert asked[0] == asked[1] <= 24

    def test_rows_say_when_they_were_last_read(self) -> None:
        partner = make_partner()
        store(partner, reading(customer(1)))
        counts = store(partner, reading(customer(1)))
        assert models.DelegatedAdminRelationship.objects.get().read_at == counts.read_at
        assert models.ResellerRelationship.objects.get().read_at == counts.read_at

    def test_the_readings_around_a_moment_are_found(self) -> None:
        partner = make_partner()
        first, second = (store(partner, reading(customer(1))).read_at for _ in range(2))
        around = readings_around(partner, first)
        assert (around.before, around.after, around.first) == (first, second, first)
        assert readings_around(partner, first - timedelta(days=1)).before is None


@pytest.mark.django_db(transaction=True)
def test_what_changes_in_the_cloud_is_read(sandbox: Sandbox, partner: Partner) -> None:
    def read() -> Synchronization:
        synchronization = start_synchronization(actor=SYSTEM, partner=partner)
        synchronize(synchronization_id=synchronization.pk)
        synchronization.refresh_from_db()
        assert synchronization.error == ""
        return synchronization

    assert read().changed == 0
    groups = RelationshipVersion.objects.filter(kind="group")
    assert {version.facts["is_member"] for version in groups} == {True}
    assert all(version.facts["name"].startswith("M365 GDAP ") for version in groups)
    assert read().changed == 0, "nothing changed in the cloud"
    places = sandbox.control("GET", "organizations")
    place = next(o for o in places if o["relationship"] == "active" and EXCHANGE in o["roles"])
    told = {"state": "terminated", "end": "2027-03-12T00:00:00Z", "roles": [READER], "auto_extend": "PT0S", "name": "N"}
    sandbox.control("POST", f"organizations/{place['tenant_id']}/relationship", json=told)
    sandbox.control("POST", f"roles/{READER}/service-account", json={"member": False})
    synchronization = read()
    kinds = set(RelationshipChange.objects.values_list("kind", flat=True))
    assert kinds >= {"state", "roles", "end", "name", "assignment", "membership"}
    assert synchronization.changed == RelationshipChange.objects.count()
    finished = AuditEvent.objects.filter(action="synchronization.finished").latest("pk")
    assert finished.data["changed"] == synchronization.changed
