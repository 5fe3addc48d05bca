"""Giving roles, taking them away, elevating; and what somebody sees by a grant over a part."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from jobs.reconciliation.services import NotDecidable, decide
from jobs.runs.models import Run, RunTarget
from jobs.runs.services import cancel_run, pause_run, resume_run
from jobs.runs.states import RunState, TargetState
from portal.accounts.grants.models import CustomRole, GrantKind, NamedSet, RoleGrant
from portal.accounts.grants.services import GrantRefused, GrantRequest, elevate, end_elevation, grant_role, revoke_grant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.services import disable_person, enable_person
from portal.audit.models import AuditEvent
from portal.core.actors import Actor, Source
from portal.core.authority import ScopeKind
from portal.core.clock import database_now
from portal.core.permissions import DECIDED_PER_PLACE, Permission, PermissionRefused
from tenants.groups.models import OrganizationGroup
from tenants.groups.rules import Condition, Rule
from tenants.groups.services import (
    OrganizationGroupRefused,
    add_to_organization_group,
    change_rule,
    delete_organization_group,
    remove_from_organization_group,
)
from tenants.organizations.models import Organization
from tenants.variables.models import OrganizationVariable
from tenants.variables.services import Setting, remove_variable, set_variables
from tests.factories import SYSTEM, grant, make_group, make_organizations, make_partner, make_person, make_run

pytestmark = pytest.mark.django_db


def acting(person: User) -> Actor:
    return replace(User.objects.get(pk=person.pk).as_actor(Source.WEB), stepped_up_at=datetime.now(UTC))


def platform() -> User:
    return make_person(Role.PLATFORM_ADMINISTRATOR)


class TestGrant:
    def test_gives_the_permissions_and_says_so_in_the_trail(self) -> None:
        person = make_person(None)
        grant_role(actor=acting(platform()), person=person, request=GrantRequest(Role.TECHNICIAN, reason="New here"))
        assert acting(person).has(Permission.RUN_LAUNCH)
        event = AuditEvent.objects.get(action="role.granted")
        assert (event.data["role"], event.data["scope"], event.data["reason"]) == (
            "technician",
            "everything",
            "New here",
        )

    def test_is_refused_to_whoever_may_not_and_for_ones_own_account(self) -> None:
        for role in set(Role) - {Role.PLATFORM_ADMINISTRATOR}:
            with pytest.raises(PermissionRefused):
                grant_role(actor=acting(make_person(role)), person=make_person(None), request=GrantRequest(role))
        administrator = platform()
        with pytest.raises(GrantRefused, match="their own roles"):
            grant_role(actor=acting(administrator), person=administrator, request=GrantRequest(Role.TECHNICIAN))
        twin = make_person(None)
        User.objects.filter(pk__in=[administrator.pk, twin.pk]).update(entra_object_id=make_partner().tenant_id)
        with pytest.raises(GrantRefused, match="their own roles"):
            grant_role(
                actor=acting(administrator),
                person=User.objects.get(pk=twin.pk),
                request=GrantRequest(Role.TECHNICIAN),
            )

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"scope_kind": ScopeKind.PARTNER}, "which partner"),
            ({"limits": {"colour": ["blue"]}}, "no limit called “colour”"),
            ({"kind": GrantKind.ELEVATION}, "taken out of"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, values: dict[str, Any], said: str) -> None:
        with pytest.raises(GrantRefused, match=said):
            grant_role(actor=SYSTEM, person=make_person(None), request=GrantRequest(Role.TECHNICIAN, **values))
        request = GrantRequest(Role.TECHNICIAN, until=database_now() - timedelta(seconds=1))
        with pytest.raises(GrantRefused, match="past already"):
            grant_role(actor=SYSTEM, person=make_person(None), request=request)
        assert not RoleGrant.objects.filter(granted_by="test").exclude(role="senior_technician").exists()

    def test_that_ended_gives_nothing(self) -> None:
        person = make_person(None)
        made = grant(person, Role.AUDITOR, until=database_now() + timedelta(minutes=1))
        assert acting(person).has(Permission.AUDIT_EVENT_READ)
        RoleGrant.objects.filter(pk=made.pk).update(until=database_now() - timedelta(seconds=1))
        assert not acting(person).permissions

    def test_of_a_custom_role_holds_its_known_permissions_and_its_named_sets(self) -> None:
        mail_flow = NamedSet.objects.create(name="Mail flow read", cmdlets=["Get-TransportRule"], changed_by="test")
        role = CustomRole.objects.create(
            name="Mail desk", permissions=["jobs:run:launch", "no:such:thing"], changed_by="test"
        )
        person = make_person(None)
        request = GrantRequest(role, limits={"named_sets": [mail_flow.pk], "cmdlets": ["Get-Mailbox"]})
        grant_role(actor=SYSTEM, person=person, request=request)
        (held,) = acting(person).grants
        assert held.role == "Mail desk"
        assert held.permissions == {Permission.RUN_LAUNCH}
        assert held.limits.cmdlets == frozenset({"get-transportrule", "get-mailbox"})
        assert held.limits.named_sets == ("Mail flow read",)
        NamedSet.objects.all().delete()
        assert acting(person).grants[0].limits.cmdlets == frozenset({"get-mailbox"})


class TestRevoke:
    def test_takes_the_permissions_at_once_with_the_elevations_and_twice_changes_nothing(self) -> None:
        person = make_person(None)
        eligible = grant(person, Role.SENIOR_TECHNICIAN, kind=GrantKind.ELIGIBLE)
        elevate(actor=acting(person), grant_id=eligible.pk, hours=1, reason="Ticket 7")
        assert acting(person).has(Permission.RUN_LAUNCH)
        for _ in range(2):
            revoke_grant(actor=SYSTEM, grant_id=eligible.pk, reason="Left the team")
        assert not acting(person).permissions
        assert AuditEvent.objects.filter(action="role.revoked").count() == 2

    def test_the_last_platform_administrator_stays(self) -> None:
        last = platform()
        with pytest.raises(GrantRefused, match="the last platform administrator"):
            revoke_grant(actor=SYSTEM, grant_id=last.role_grants.get().pk)
        with pytest.raises(GrantRefused, match="the last platform administrator"):
            disable_person(actor=SYSTEM, person_id=last.pk)
        platform()
        revoke_grant(actor=SYSTEM, grant_id=last.role_grants.get().pk)
        assert not acting(last).permissions


class TestElevate:
    def test_gives_the_role_for_some_hours_and_ends_early_when_asked(self) -> None:
        person = make_person(None)
        eligible = grant(person, Role.SENIOR_TECHNICIAN, kind=GrantKind.ELIGIBLE)
        assert not acting(person).permissions
        made = elevate(actor=acting(person), grant_id=eligible.pk, hours=8, reason="Outage", ticket="INC-1")
        assert made.until is not None
        assert timedelta(hours=7, minutes=59) < made.until - database_now() <= timedelta(hours=8)
        assert acting(person).has(Permission.RUN_LAUNCH)
        assert AuditEvent.objects.get(action="role.elevated").data["reason"] == "Outage"
        end_elevation(actor=acting(person), grant_id=made.pk)
        assert not acting(person).permissions

    @pytest.mark.parametrize(
        ("hours", "reason", "said"), [(9, "x", "between 1 and 8"), (0, "x", "1 and 8"), (1, " ", "why")]
    )
    def test_refuses_too_long_and_no_reason(self, hours: int, reason: str, said: str) -> None:
        person = make_person(None)
        eligible = grant(person, Role.SENIOR_TECHNICIAN, kind=GrantKind.ELIGIBLE)
        with pytest.raises(GrantRefused, match=said):
            elevate(actor=acting(person), grant_id=eligible.pk, hours=hours, reason=reason)

    def test_is_refused_to_others_and_for_standing_roles(self) -> None:
        person, other = make_person(None), make_person(None)
        eligible = grant(person, Role.SENIOR_TECHNICIAN, kind=GrantKind.ELIGIBLE)
        standing = grant(other, Role.TECHNICIAN)
        for wanted in (eligible, standing):
            with pytest.raises(GrantRefused, match="not yours"):
                elevate(actor=acting(other), grant_id=wanted.pk, hours=1, reason="x")


class TestDisable:
    def test_takes_everything_and_enabling_gives_back_what_was_not_revoked(self) -> None:
        person = make_person(Role.AUDITOR)
        disable_person(actor=acting(platform()), person_id=person.pk, reason="Left")
        assert not acting(person).permissions
        assert AuditEvent.objects.get(action="person.disabled").data["reason"] == "Left"
        enable_person(actor=SYSTEM, person_id=person.pk)
        assert acting(person).has(Permission.AUDIT_EVENT_READ)

    def test_is_refused_for_ones_own_account(self) -> None:
        administrator = platform()
        platform()
        with pytest.raises(GrantRefused, match="their own account"):
            disable_person(actor=acting(administrator), person_id=administrator.pk)


class TestSeeing:
    """Somebody who was granted a part sees that part, and nothing that tells of another."""

    def places(self) -> tuple[OrganizationGroup, OrganizationGroup, list[Organization]]:
        partner, other = make_partner(), make_partner()
        mine = [each for name in ("Mine 1", "Mine 2") for each in make_organizations(1, partner=partner, name=name)]
        theirs = make_organizations(2, partner=other, name="Theirs")
        return make_group("Group A", mine), make_group("Group B", theirs), mine

    @pytest.mark.parametrize("kind", ["group", "rule", "partner", "organization"])
    def test_organizations_groups_runs_and_targets(self, kind: str) -> None:
        ours, theirs, mine = self.places()
        person = make_person(None)
        if kind == "rule":
            condition = {"field": "name", "operator": "contains", "value": "mine", "variable": ""}
            ours.rule = {"join": "all", "conditions": [condition]}
            ours.save()
        parts: dict[str, Any] = {"partner": mine[0].partner, "organization": mine[0]}
        grant(person, Role.TECHNICIAN, over=parts.get(kind, ours))
        actor = acting(person)
        seen = {mine[0].name} if kind == "organization" else {each.name for each in mine}
        assert set(Organization.objects.visible_to(actor).values_list("name", flat=True)) == seen
        groups = set(OrganizationGroup.objects.visible_to(actor).values_list("name", flat=True))
        assert groups == (set() if kind == "organization" else {"Group A"})
        inside = make_run(organizations=[mine[0]])
        beyond = make_run(organizations=[mine[0], theirs.organizations.all()[0]])
        assert list(Run.objects.visible_to(actor)) == [inside]
        assert set(RunTarget.objects.visible_to(actor).values_list("organization_name", flat=True)) == {mine[0].name}
        Run.objects.filter(pk=beyond.pk).update(requested_by_id=actor.id)
        assert set(Run.objects.visible_to(actor)) == {inside, beyond}

    def test_a_right_over_a_part_counts_there_only_whatever_else_one_may_see(self) -> None:
        ours, theirs, mine = self.places()
        other = theirs.organizations.order_by("pk")[0]
        person = make_person(Role.AUDITOR)
        grant(person, Role.SENIOR_TECHNICIAN, over=ours)
        actor = acting(person)
        set_variables(actor=actor, settings=[Setting(mine[0].pk, "tier", "a"), Setting(other.pk, "tier", "b")])
        assert list(OrganizationVariable.objects.values_list("organization", "value")) == [(mine[0].pk, "a")]
        OrganizationVariable.objects.create(organization=other, name="tier", value="b", changed_by="test")
        assert not remove_variable(actor=actor, organization=other, name="tier")
        assert remove_variable(actor=actor, organization=mine[0], name="tier")
        here = make_run(state=RunState.RUNNING, organizations=mine)
        there = make_run(state=RunState.RUNNING, organizations=[mine[0], other])
        for act in (pause_run, resume_run, cancel_run):
            act(actor=actor, run_id=here.pk)
            with pytest.raises(PermissionRefused, match="beyond where"):
                act(actor=actor, run_id=there.pk)
        Run.objects.filter(pk=there.pk).update(requested_by_id=actor.id)
        assert pause_run(actor=actor, run_id=there.pk).state == RunState.PAUSED
        lost = make_run(organizations=[mine[0], other], states=[TargetState.UNKNOWN], effect="create", risk="change")
        for target in lost.targets.all():
            decision = partial(decide, actor=actor, target_id=target.pk, verdict="applied", words="I saw it.")
            if target.organization_id == mine[0].pk:
                assert decision().by_id == actor.id
            else:
                with pytest.raises(NotDecidable):
                    decision()

    @pytest.mark.parametrize("permission", sorted(set(Permission) - DECIDED_PER_PLACE))
    def test_what_concerns_more_than_one_place_needs_a_grant_over_everything(self, permission: Permission) -> None:
        ours, _, _ = self.places()
        person = make_person(None)
        role = CustomRole.objects.create(name="All", permissions=list(Permission), changed_by="test")
        grant(person, role, over=ours)
        assert not acting(person).has(permission)
        with pytest.raises(PermissionRefused, match="for some organizations only"):
            acting(person).require(permission)

    def test_who_belongs_to_a_group_over_which_roles_are_granted_is_not_changed_by_whoever_manages_groups(self) -> None:
        ours, theirs, mine = self.places()
        speaking = make_group("Speaking")
        condition = {"field": "group", "operator": "is", "value": str(theirs.pk), "variable": ""}
        OrganizationGroup.objects.filter(pk=speaking.pk).update(rule={"join": "all", "conditions": [condition]})
        speaking.refresh_from_db()
        person, other = make_person(Role.SENIOR_TECHNICIAN), make_person(None)
        actor = acting(person)
        add_to_organization_group(actor=actor, group=ours, organization_ids=[theirs.organizations.all()[0].pk])
        grant(other, Role.TECHNICIAN, over=ours)
        grant(other, Role.TECHNICIAN, over=speaking)
        members = set(ours.organizations.all())
        for group in (ours, theirs):
            with pytest.raises(OrganizationGroupRefused, match="decides who may do what"):
                add_to_organization_group(actor=actor, group=group, organization_ids=[mine[0].pk])
            with pytest.raises(OrganizationGroupRefused, match="decides who may do what"):
                remove_from_organization_group(actor=actor, group=group, organization_ids=[mine[0].pk])
        for refused in (
            partial(delete_organization_group, actor=actor, group=ours),
            partial(change_rule, actor=actor, group=speaking, rule=Rule("all", (Condition("name", "contains", "x"),))),
        ):
            with pytest.raises(OrganizationGroupRefused, match="decides who may do what"):
                refused()
        assert set(ours.organizations.all()) == members
        grant(person, Role.PLATFORM_ADMINISTRATOR)
        remove_from_organization_group(actor=acting(person), group=ours, organization_ids=[mine[0].pk])
        assert set(ours.organizations.all()) == members - {mine[0]}

    def test_a_group_that_is_gone_or_empty_or_has_an_unreadable_rule_shows_nothing(self) -> None:
        ours, _, _ = self.places()
        for broken in ({"rule": {"join": "all"}}, {"rule": {"conditions": [], "join": "all"}}):
            person = make_person(None)
            OrganizationGroup.objects.filter(pk=ours.pk).update(**broken)
            grant(person, Role.TECHNICIAN, over=ours)
            assert not Organization.objects.visible_to(acting(person)).exists()
        OrganizationGroup.objects.filter(pk=ours.pk).delete()
        assert not Organization.objects.visible_to(acting(person)).exists()
