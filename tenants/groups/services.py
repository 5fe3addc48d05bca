"""What is done to organization groups."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.accounts.grants.selectors import are_scopes
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.text import storable
from tenants.groups.models import OrganizationGroup
from tenants.groups.rules import Rule
from tenants.groups.scope import Scope
from tenants.groups.selectors import groups_whose_rule_uses
from tenants.organizations.models import Organization

LONGEST_NAME = 200


class OrganizationGroupRefused(Refused):
    """The organization group cannot be made or changed."""


def as_object(group: OrganizationGroup) -> Object:
    """Return how audit events name an organization group."""
    return Object("organization group", str(group.pk), group.name)


@transaction.atomic
def create_organization_group(
    *, actor: Actor, name: str, organization_ids: Sequence[UUID] = (), rule: Rule | None = None
) -> OrganizationGroup:
    """Create a group called `name`, picked by hand or by `rule` (one that `rules.checked` let through).

    Raises `OrganizationGroupRefused` when the name is taken or empty.
    """
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    name = _free_name(name)
    group = OrganizationGroup.objects.create(name=name, rule=rule.as_data() if rule else None)
    added = [] if rule else list(Organization.objects.visible_to(actor).filter(pk__in=organization_ids))
    group.organizations.set(added)
    data = _rule(actor, rule) if rule else _members(added)
    record(AuditAction.ORGANIZATION_GROUP_CREATED, actor=actor, target=as_object(group), data=data)
    return group


@transaction.atomic
def add_to_organization_group(*, actor: Actor, group: OrganizationGroup, organization_ids: Sequence[UUID]) -> int:
    """Add organizations to `group`; returns how many were not in it before. Raises `OrganizationGroupRefused`."""
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    _require_change_of_scope(actor, group)
    _require_picked(group)
    added = list(Organization.objects.visible_to(actor).filter(pk__in=organization_ids).exclude(groups=group))
    if added:
        group.organizations.add(*added)
        _record_change(actor, group, {"change": "added", **_members(added)})
    return len(added)


@transaction.atomic
def remove_from_organization_group(*, actor: Actor, group: OrganizationGroup, organization_ids: Sequence[UUID]) -> int:
    """Take organizations out of `group`; returns how many were in it. Raises `OrganizationGroupRefused`."""
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    _require_change_of_scope(actor, group)
    _require_picked(group)
    removed = list(group.organizations.visible_to(actor).filter(pk__in=organization_ids))
    if removed:
        group.organizations.remove(*removed)
        _record_change(actor, group, {"change": "removed", **_members(removed)})
    return len(removed)


@transaction.atomic
def rename_organization_group(*, actor: Actor, group: OrganizationGroup, name: str) -> None:
    """Call `group` by another name; raises `OrganizationGroupRefused` when it is taken or empty."""
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    before, group.name = group.name, _free_name(name, but=group)
    if group.name != before:
        group.save(update_fields=["name"])
        _record_change(actor, group, {"change": "renamed", "before": before})


@transaction.atomic
def change_rule(*, actor: Actor, group: OrganizationGroup, rule: Rule) -> None:
    """Let another rule (one that `rules.checked` let through) say who belongs to `group`."""
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    _require_change_of_scope(actor, group)
    if group.rule is None:
        raise OrganizationGroupRefused(f"“{group.name}” is picked by hand and has no rule. Make a new group by rule.")
    before, group.rule = group.rule, rule.as_data()
    if group.rule != before:
        group.save(update_fields=["rule"])
        _record_change(actor, group, {"change": "rule", "before": before, **_rule(actor, rule)})


@transaction.atomic
def duplicate_organization_group(*, actor: Actor, group: OrganizationGroup) -> OrganizationGroup:
    """Create another group with the same members or the same rule, named after `group`."""
    rule = Rule.stored(group.rule) if group.rule is not None else None
    members = list(group.organizations.visible_to(actor).values_list("pk", flat=True))
    return create_organization_group(actor=actor, name=_name_of_copy(group.name), organization_ids=members, rule=rule)


@transaction.atomic
def delete_organization_group(*, actor: Actor, group: OrganizationGroup) -> None:
    """Delete `group`; its organizations stay.

    Raises `OrganizationGroupRefused` while a rule speaks of it or a connection profile is assigned to it.
    """
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    if not OrganizationGroup.objects.select_for_update().filter(pk=group.pk):
        return
    if users := groups_whose_rule_uses(group):
        names = ", ".join(f"“{user.name}”" for user in users)
        raise OrganizationGroupRefused(
            f"“{group.name}” is part of the rule of {names}, which would then mean something else. Change that first."
        )
    if assigned := _profiles_assigned_to(group):
        raise OrganizationGroupRefused(
            f"“{group.name}” has connection profiles of its own: {assigned}. Without it, others would apply to its"
            " members. Withdraw them from the group first, or ask an administrator to."
        )
    _require_change_of_scope(actor, group)
    record(AuditAction.ORGANIZATION_GROUP_DELETED, actor=actor, target=as_object(group))
    group.delete()


def note_use(group_ids: Iterable[UUID]) -> None:
    """Remember that a run was drafted in these groups; the run's own event is the record of it."""
    OrganizationGroup.objects.filter(pk__in=list(group_ids)).update(last_used_at=timezone.now())


def _free_name(name: str, *, but: OrganizationGroup | None = None) -> str:
    name = storable(name).strip()
    if not name:
        raise OrganizationGroupRefused("Give the organization group a name.")
    if len(name) > LONGEST_NAME:
        raise OrganizationGroupRefused(f"The name has {len(name)} characters. Shorten it to {LONGEST_NAME}.")
    namesakes = OrganizationGroup.objects.filter(name__iexact=name)
    if (namesakes.exclude(pk=but.pk) if but else namesakes).exists():
        raise OrganizationGroupRefused(f"There is already an organization group called “{name}”.")
    return name


def _name_of_copy(name: str) -> str:
    taken = set(OrganizationGroup.objects.values_list("name", flat=True))
    number, stem = 2, name[: LONGEST_NAME - 6]
    while f"{stem} ({number})" in taken:
        number += 1
    return f"{stem} ({number})"


def _profiles_assigned_to(group: OrganizationGroup) -> str:
    """Name them in a sentence; reached through the relation, for profiles lie above groups."""
    names = group.profile_assignments.order_by("profile__name").values_list("profile__name", flat=True).distinct()
    return ", ".join(f"“{name}”" for name in names)


def _require_picked(group: OrganizationGroup) -> None:
    if group.is_by_rule:
        raise OrganizationGroupRefused(
            f"A rule says who belongs to “{group.name}”: nothing can be added or removed by hand. Change the rule."
        )


def _require_change_of_scope(actor: Actor, group: OrganizationGroup) -> None:
    """Raise unless nobody holds a role over the group, or the actor may grant roles: members decide who may what."""
    if actor.has(Permission.GRANT_MANAGE):
        return
    if are_scopes([group.pk, *(user.pk for user in groups_whose_rule_uses(group))]):
        raise OrganizationGroupRefused(
            f"Roles are granted over “{group.name}”, or over a group whose rule speaks of it: whoever belongs to it "
            "decides who may do what. Ask a platform administrator to change it."
        )


def _record_change(actor: Actor, group: OrganizationGroup, data: dict[str, object]) -> None:
    record(AuditAction.ORGANIZATION_GROUP_CHANGED, actor=actor, target=as_object(group), data=data)


def _members(organizations: list[Organization]) -> dict[str, object]:
    return {"organizations": [str(o.tenant_id) for o in organizations], "count": len(organizations)}


def _rule(actor: Actor, rule: Rule) -> dict[str, object]:
    return {"rule": rule.as_data(), "rule_in_words": f"{rule.join}: {'; '.join(rule.words(Scope.of(actor)))}"}
