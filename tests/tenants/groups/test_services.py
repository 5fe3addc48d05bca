"""Organization groups: made, changed, deleted, each with its event."""

from collections.abc import Callable
from copy import copy

import pytest
from django.db.models import ProtectedError

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tenants.groups.models import OrganizationGroup
from tenants.groups.names import GroupUnknown, group_named
from tenants.groups.rules import Condition, checked
from tenants.groups.scope import Scope
from tenants.groups.services import (
    OrganizationGroupRefused,
    add_to_organization_group,
    change_rule,
    create_organization_group,
    delete_organization_group,
    remove_from_organization_group,
    rename_organization_group,
)
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, assign, make_group, make_organizations, make_partner, make_profile

Acting = Callable[[User], Actor]
pytestmark = pytest.mark.django_db


def only_event() -> AuditEvent:
    return AuditEvent.objects.get()


class TestCreate:
    def test_takes_members_and_leaves_an_event_that_names_them(self) -> None:
        organizations = make_organizations(2)
        group = create_organization_group(
            actor=SYSTEM, name="  Gold customers ", organization_ids=[o.pk for o in organizations]
        )
        assert group.name == "Gold customers"
        assert set(group.organizations.all()) == set(organizations)
        assert only_event().action == "organization_group.created"
        assert set(only_event().data["organizations"]) == {str(o.tenant_id) for o in organizations}

    def test_refuses_a_name_that_is_too_long(self) -> None:
        with pytest.raises(OrganizationGroupRefused, match="Shorten it to 200"):
            create_organization_group(actor=SYSTEM, name="x" * 201)

    @pytest.mark.parametrize("name", ["", "   "])
    def test_needs_a_name(self, name: str) -> None:
        with pytest.raises(OrganizationGroupRefused, match="a name"):
            create_organization_group(actor=SYSTEM, name=name)

    def test_refuses_a_name_that_is_taken_in_any_case(self) -> None:
        make_group("Gold")
        with pytest.raises(OrganizationGroupRefused, match="already"):
            create_organization_group(actor=SYSTEM, name="gold")

    def test_needs_the_permission(self, auditor: User, acting: Acting) -> None:
        with pytest.raises(PermissionRefused, match="organization_group:manage"):
            create_organization_group(actor=acting(auditor), name="Gold")
        assert not OrganizationGroup.objects.exists()


class TestMembers:
    def test_are_added_once(self) -> None:
        organizations = make_organizations(2)
        group = make_group("Gold", organizations[:1])
        ids = [o.pk for o in organizations]
        assert add_to_organization_group(actor=SYSTEM, group=group, organization_ids=ids) == 1
        assert add_to_organization_group(actor=SYSTEM, group=group, organization_ids=ids) == 0
        assert only_event().data == {"change": "added", "organizations": [str(organizations[1].tenant_id)], "count": 1}

    def test_are_removed_once(self) -> None:
        organizations = make_organizations(2)
        group = make_group("Gold", organizations)
        ids = [organizations[0].pk]
        assert remove_from_organization_group(actor=SYSTEM, group=group, organization_ids=ids) == 1
        assert remove_from_organization_group(actor=SYSTEM, group=group, organization_ids=ids) == 0
        assert only_event().data["change"] == "removed"
        assert list(group.organizations.all()) == organizations[1:]

    def test_need_the_permission(self, auditor: User, acting: Acting) -> None:
        group, ids = make_group("Gold"), [make_organizations(1)[0].pk]
        for change in (add_to_organization_group, remove_from_organization_group):
            with pytest.raises(PermissionRefused):
                change(actor=acting(auditor), group=group, organization_ids=ids)


class TestDelete:
    def test_keeps_the_organizations_and_the_event(self) -> None:
        group = make_group("Gold", make_organizations(2))
        delete_organization_group(actor=SYSTEM, group=group)
        assert not OrganizationGroup.objects.exists()
        assert Organization.objects.count() == 2
        assert only_event().sentence == "test deleted the organization group Gold"

    def test_is_refused_with_their_names_while_profiles_are_assigned(self) -> None:
        group, partner = make_group("Gold"), make_partner()
        for name in ("Machine", "Account"):
            assign(make_profile(partner, name=name), group=group)
        with pytest.raises(OrganizationGroupRefused, match="connection profiles of its own: “Account”, “Machine”"):
            delete_organization_group(actor=SYSTEM, group=group)
        assert group.profile_assignments.count() == 4
        assert not AuditEvent.objects.exists()

    def test_is_forbidden_to_everybody_while_profiles_are_assigned(self) -> None:
        group = make_group("Gold")
        assign(make_profile(make_partner()), group=group)
        with pytest.raises(ProtectedError):
            group.delete()

    def test_of_one_that_is_gone_leaves_no_second_event(self) -> None:
        group = make_group("Gold")
        for same in (copy(group), group):
            delete_organization_group(actor=SYSTEM, group=same)
        assert only_event().action == AuditAction.ORGANIZATION_GROUP_DELETED

    def test_needs_the_permission(self, auditor: User, acting: Acting) -> None:
        with pytest.raises(PermissionRefused):
            delete_organization_group(actor=acting(auditor), group=make_group("Gold"))
        assert OrganizationGroup.objects.exists()


class TestRules:
    def test_are_recorded_in_words_and_changed(self) -> None:
        scope = Scope.of(SYSTEM)
        rule = checked(scope, "all", [Condition("name", "contains", "a")])
        group = create_organization_group(actor=SYSTEM, name="A", rule=rule)
        assert only_event().data["rule_in_words"] == "all: Name contains “a”"
        other = checked(scope, "any", [Condition("name", "contains", "b")])
        change_rule(actor=SYSTEM, group=group, rule=other)
        change_rule(actor=SYSTEM, group=group, rule=other)
        event = AuditEvent.objects.exclude(action=AuditAction.ORGANIZATION_GROUP_CREATED).get()
        assert (event.data["change"], event.data["before"], event.data["rule"]) == (
            "rule",
            rule.as_data(),
            other.as_data(),
        )

    def test_forbid_members_by_hand_and_need_the_permission(self, auditor: User, acting: Acting) -> None:
        rule = checked(Scope.of(SYSTEM), "all", [Condition("name", "contains", "a")])
        group = create_organization_group(actor=SYSTEM, name="A", rule=rule)
        for change in (add_to_organization_group, remove_from_organization_group):
            with pytest.raises(OrganizationGroupRefused, match="by hand"):
                change(actor=SYSTEM, group=group, organization_ids=[make_organizations(1)[0].pk])
        with pytest.raises(OrganizationGroupRefused, match="has no rule"):
            change_rule(actor=SYSTEM, group=make_group("Hand"), rule=rule)
        with pytest.raises(PermissionRefused):
            change_rule(actor=acting(auditor), group=group, rule=rule)
        with pytest.raises(PermissionRefused):
            rename_organization_group(actor=acting(auditor), group=group, name="B")


class TestNames:
    def test_are_found_in_any_case(self) -> None:
        group = make_group("Gold customers")
        assert group_named(SYSTEM, " gold CUSTOMERS ") == group

    def test_that_nobody_has_are_answered_with_the_known_ones(self) -> None:
        make_group("Gold")
        with pytest.raises(GroupUnknown, match=r"“Silver”\. There are: Gold\."):
            group_named(SYSTEM, "Silver")

    def test_are_not_patterns(self) -> None:
        make_group("Gold")
        with pytest.raises(GroupUnknown):
            group_named(SYSTEM, "G%")
