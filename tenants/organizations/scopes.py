"""Organizations that lie in the scopes of grants."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from portal.core.authority import Scope, ScopeKind
from tenants.organizations.conditions import picked_for
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet

NOWHERE = Q(pk__in=[])
EVERYWHERE = Q(pk__isnull=False)
Rules = Callable[[Mapping[str, Any]], Q]


def organizations_in(scopes: tuple[Scope, ...], *, fitting: Rules) -> OrganizationQuerySet:
    """Return the organizations in at least one of `scopes`; `fitting` reads the stored rule of a group."""
    return Organization.objects.filter(in_any(scopes, fitting=fitting))


def in_any(scopes: tuple[Scope, ...], *, fitting: Rules) -> Q:
    """Return the condition of lying in at least one of `scopes`; no scope is nowhere."""
    return reduce(or_, (_in(scope, fitting) for scope in dict.fromkeys(scopes)), NOWHERE)


def _in(scope: Scope, fitting: Rules) -> Q:
    if scope.kind is ScopeKind.EVERYTHING:
        return EVERYWHERE
    if scope.id is None:
        return NOWHERE
    if scope.kind is ScopeKind.PARTNER:
        return Q(partner=scope.id)
    if scope.kind is ScopeKind.GROUP:
        return picked_for(scope.id) if scope.rule is None else fitting(scope.rule)
    return Q(pk=scope.id)
