"""What is done to variables of organizations."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, record, write
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.organizations.services import as_object
from tenants.variables.models import OrganizationVariable
from tenants.variables.names import checked_name, checked_value
from tenants.variables.selectors import stored_values


@dataclass(frozen=True, slots=True)
class Setting:
    """The value that a variable of one organization shall have."""

    organization_id: UUID
    name: str
    value: str


@transaction.atomic
def set_variables(*, actor: Actor, settings: Sequence[Setting]) -> int:
    """Set variables; returns how many were new or had another value. Raises `VariableRefused` and sets nothing."""
    actor.require(Permission.ORGANIZATION_VARIABLE_MANAGE)
    checked = {(s.organization_id, checked_name(s.name)): checked_value(s.value) for s in settings}
    places = _changeable(actor).served().in_bulk({place for place, _ in checked})
    before = stored_values(places)
    changed = {key: value for key, value in checked.items() if key[0] in places and before.get(key) != value}
    rows = [
        OrganizationVariable(organization_id=place, name=name, value=value, changed_by=actor.label)
        for (place, name), value in changed.items()
    ]
    OrganizationVariable.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["organization", "name"],
        update_fields=["value", "changed_at", "changed_by"],
    )
    write(
        [
            _event(actor, places[place], name, value, before.get((place, name)))
            for (place, name), value in changed.items()
        ]
    )
    return len(changed)


@transaction.atomic
def remove_variable(*, actor: Actor, organization: Organization, name: str) -> bool:
    """Remove a variable of one organization; returns whether there was one."""
    actor.require(Permission.ORGANIZATION_VARIABLE_MANAGE)
    theirs = OrganizationVariable.objects.filter(organization__in=_changeable(actor).filter(pk=organization.pk))
    stored = theirs.filter(name=name).first()
    if stored is None:
        return False
    record(
        AuditAction.ORGANIZATION_VARIABLE_REMOVED,
        actor=actor,
        target=as_object(organization),
        data={"variable": name, "before": stored.value},
    )
    stored.delete()
    return True


def _changeable(actor: Actor) -> OrganizationQuerySet:
    return Organization.objects.visible_to(actor, Permission.ORGANIZATION_VARIABLE_MANAGE)


def _event(actor: Actor, organization: Organization, name: str, value: str, before: str | None) -> AuditEvent:
    return draft(
        AuditAction.ORGANIZATION_VARIABLE_SET,
        actor=actor,
        target=as_object(organization),
        data={"variable": name, "value": value, "before": before},
    )
