"""Which organizations an actor's grants reach: the one question behind every `visible_to`.

Who knows the organizations says how they are told apart, when the application starts; nobody below needs to know them.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from portal.core.actors import Actor
from portal.core.authority import Scope, ScopeKind
from portal.core.permissions import Permission

_by_scopes: list[Callable[[tuple[Scope, ...]], "QuerySet[Any]"]] = []


def tell_apart_by(organizations_in: Callable[[tuple[Scope, ...]], "QuerySet[Any]"]) -> None:
    """Make known what returns the organizations that lie in one of several scopes."""
    _by_scopes[:] = [organizations_in]


def organizations_in_scope(actor: Actor, *permissions: Permission) -> "QuerySet[Any] | None":
    """Return the organizations where `actor` holds all of `permissions`; None when that is everywhere."""
    found: QuerySet[Any] | None = None
    for permission in permissions:
        scopes = actor.scopes(permission)
        if any(scope.kind is ScopeKind.EVERYTHING for scope in scopes):
            continue
        (organizations_in,) = _by_scopes
        there = organizations_in(scopes)
        found = there if found is None else found.filter(pk__in=there.values("pk"))
    return found
