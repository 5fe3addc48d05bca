"""Over what a role can be granted: names for those who grant, whether or not they see organizations themselves."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from django.db.models import Q

from portal.core.actors import Actor
from portal.core.authority import ScopeKind
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.partner.models import Partner

Named = Sequence[tuple[str, str]]


class ScopeUnknown(Refused):
    """There is no such partner, organization group or organization."""


def partner_scopes(actor: Actor) -> Named:
    """Return id and name of every partner, for who may grant roles."""
    actor.require_everywhere(Permission.GRANT_MANAGE)
    return [(str(pk), name) for pk, name in Partner.objects.order_by("name").values_list("pk", "name")]


def group_scopes(actor: Actor) -> Named:
    """Return id and name of every organization group, for who may grant roles."""
    actor.require_everywhere(Permission.GRANT_MANAGE)
    return [(str(pk), name) for pk, name in OrganizationGroup.objects.order_by("name").values_list("pk", "name")]


def scope_named(actor: Actor, kind: ScopeKind, text: str) -> tuple[UUID, str]:
    """Return id and name of what `text` names: an id, or of an organization a domain, its exact name, or tenant id.

    Raises `ScopeUnknown`.
    """
    actor.require_everywhere(Permission.GRANT_MANAGE)
    if kind is ScopeKind.ORGANIZATION:
        return _organization(text.strip())
    names = dict(partner_scopes(actor) if kind is ScopeKind.PARTNER else group_scopes(actor))
    if text not in names:
        raise ScopeUnknown("Choose a partner or an organization group from the list.")
    return UUID(text), names[text]


def _organization(text: str) -> tuple[UUID, str]:
    fits = Q(default_domain__iexact=text) | Q(initial_domain__iexact=text) | Q(name__iexact=text)
    with suppress(ValueError):
        fits |= Q(tenant_id=UUID(text)) | Q(pk=UUID(text))
    found = list(Organization.objects.filter(fits).values_list("pk", "name")[:2]) if text else []
    if len(found) != 1:
        raise ScopeUnknown("Write the organization's domain or tenant id, exactly; its name, where only one has it.")
    return found[0]
