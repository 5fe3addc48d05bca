"""What is done to organization groups."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.text import storable
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization

LONGEST_NAME = 200


class OrganizationGroupRefused(Refused):
    """The organization group cannot be made or changed."""


def as_object(group: OrganizationGroup) -> Object:
    """Return how audit events name an organization group."""
    return Object("organization group", str(group.pk), group.name)


@transaction.atomic
def create_organization_group(*, actor: Actor, name: str, organization_ids: Sequence[UUID] = ()) -> OrganizationGroup:
    """Create a group called `name`; raises `OrganizationGroupRefused` when the name is taken or empty."""
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    name = storable(name).strip()
    if not name:
        raise OrganizationGroupRefused("Give the organization group a name.")
    if len(name) > LONGEST_NAME:
        raise OrganizationGroupRefused(f"The name has {len(name)} characters. Shorten it to {LONGEST_NAME}.")
    if OrganizationGroup.objects.filter(name__iexact=name).exists():
        raise OrganizationGroupRefused(f"There is already an organization group called “{name}”.")
    group = OrganizationGroup.objects.create(name=name)
    added = list(Organization.objects.visible_to(actor).filter(pk__in=organization_ids))
    group.organizations.set(added)
    record(AuditAction.ORGANIZATION_GROUP_CREATED, actor=actor, target=as_object(group), data=_members(added))
    return group


@transaction.atomic
def add_to_organization_group(*, actor: Actor, group: OrganizationGroup, organization_ids: Sequence[UUID]) -> int:
    """Add organizations to `group`; returns how many were not in it before."""
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    added = list(Organization.objects.visible_to(actor).filter(pk__in=organization_ids).exclude(groups=group))
    if added:
        group.organizations.add(*added)
        record(
            AuditAction.ORGANIZATION_GROUP_CHANGED,
            actor=actor,
            target=as_object(group),
            data={"change": "added", **_members(added)},
        )
    return len(added)


@transaction.atomic
def remove_from_organization_group(*, actor: Actor, group: OrganizationGroup, organization_ids: Sequence[UUID]) -> int:
    """Take organizations out of `group`; returns how many were in it."""
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    removed = list(group.organizations.visible_to(actor).filter(pk__in=organization_ids))
    if removed:
        group.organizations.remove(*removed)
        record(
            AuditAction.ORGANIZATION_GROUP_CHANGED,
            actor=actor,
            target=as_object(group),
            data={"change": "removed", **_members(removed)},
        )
    return len(removed)


@transaction.atomic
def delete_organization_group(*, actor: Actor, group: OrganizationGroup) -> None:
    """Delete `group`; its organizations stay."""
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    record(AuditAction.ORGANIZATION_GROUP_DELETED, actor=actor, target=as_object(group))
    group.delete()


def _members(organizations: list[Organization]) -> dict[str, object]:
    return {"organizations": [str(o.tenant_id) for o in organizations], "count": len(organizations)}
