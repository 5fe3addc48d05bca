"""Organizations, groups and what gives access as listings: what the page shows is what is exported."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Row, Selection, Table, listing_named
from tenants.relationships.models import AccessAssignment, DelegatedAdminRelationship
from tests.factories import SYSTEM, holding, make_app_registration, make_group, make_organizations

pytestmark = pytest.mark.django_db
BLIND = holding(frozenset(Permission) - {Permission.ORGANIZATION_READ})
NOBODY = "00000000-0000-7000-8000-000000000000"


def opened(key: str, query: str = "", *, of: object = "", actor: Actor = SYSTEM) -> Table:
    return listing_named(key).open(actor, Selection(str(of), QueryDict(query)))


def rows(key: str, query: str = "", *, of: object = "", actor: Actor = SYSTEM) -> list[Row]:
    return list(opened(key, query, of=of, actor=actor).rows())


class TestOrganizations:
    def test_need_few_queries_however_many_they_are(self) -> None:
        def queries(number: int) -> int:
            make_group(f"Group {number}", make_organizations(number))
            with CaptureQueriesContext(connection) as captured:
                rows("organizations")
            return len(captured)

        assert queries(10) == queries(30)

    def test_are_none_for_those_who_may_see_none(self) -> None:
        make_organizations(2)
        assert rows("organizations", actor=BLIND) == []
        assert not listing_named("organizations").allows(BLIND)

    def test_know_how_many_they_are(self) -> None:
        make_organizations(2, reachability="reachable")
        make_organizations(1)
        assert opened("organizations", "reachability=reachable").total == 2


class TestGroups:
    def test_are_listed_with_their_size(self) -> None:
        make_group("Gold", make_organizations(2))
        make_group("Empty")
        assert [(row["Name"], row["Members"]) for row in rows("organization-groups", "sort=-size")] == [
            ("Gold", 2),
            ("Empty", 0),
        ]

    def test_members_are_those_of_the_group(self) -> None:
        inside, _ = make_organizations(2)
        group = make_group("Gold", [inside])
        table = opened("group-members", of=group.pk)
        assert (table.title, table.total) == ("Members of Gold", 1)
        assert [row["Name"] for row in table.rows()] == [inside.name]
        assert rows("group-members", "q=nobody", of=group.pk) == []

    @pytest.mark.parametrize("of", ["", "x", NOBODY])
    def test_members_of_no_group_are_refused(self, of: str) -> None:
        with pytest.raises(Refused, match="no such organization group"):
            opened("group-members", of=of)


class TestAccess:
    def test_relationships_name_their_roles_and_assignments(self) -> None:
        organization, other = make_organizations(2)
        for place in (organization, other):
            relationship = DelegatedAdminRelationship.objects.create(
                id=f"r-{place.pk}",
                organization=place,
                display_name="GDAP",
                status="active",
                role_ids=["29232cdf-9323-42fd-ade2-1d097af3e4de"],
                read_at=timezone.now(),
            )
            AccessAssignment.objects.create(
                id=f"a-{place.pk}", relationship=relationship, container_id="g", status="active", role_ids=[]
            )
        row = rows("relationships", of=organization.pk)[0]
        assert (row["Organization"], row["Roles"]) == (organization.name, "Exchange Administrator")
        assert row["AccessAssignments"] == [{"group": "g", "status": "active", "roles": []}]
        assert len(rows("relationships")) == 2
        assert rows("relationships", actor=BLIND) == []
        with pytest.raises(Refused, match="no such organization"):
            opened("relationships", of=NOBODY)

    def test_certificates_are_listed_without_their_keys(self) -> None:
        app_registration = make_app_registration()
        make_app_registration(app_registration.partner, certificate=False)
        found = rows("app-registrations")
        thumbprints = sorted(str(row.get("Thumbprint", "")) for row in found)
        assert thumbprints == ["", app_registration.certificates.get().thumbprint]
        assert not any("rivate" in name for row in found for name in row)
