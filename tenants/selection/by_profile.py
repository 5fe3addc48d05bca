"""Narrowing organizations by the connection profile that applies to them, for either service."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q

from portal.core.actors import Actor
from tenants.groups.scope import Scope
from tenants.profiles.selectors import usable_profiles
from tenants.profiles.uses import Applying, applying


def profile_word(scope: Scope, value: str) -> str | None:
    """Return the name of a profile that is in use; None for any other value."""
    return scope.once(_names).get(value)


def profile_ids(scope: Scope) -> list[str]:
    """Return the id of every profile that is in use, in order of their names."""
    return list(scope.once(_names))


def entered_by(scope: Scope, value: str) -> Q:
    """Return the condition that a profile applies."""
    return Q(pk__in=scope.once(_places)[value].all)


def profile_conditions(scope: Scope) -> Mapping[str, Q]:
    """Return the condition of every profile that is in use, by its id, in order of their names."""
    return {value: entered_by(scope, value) for value in scope.once(_names)}


def _names(actor: Actor) -> Mapping[str, str]:
    profiles = usable_profiles(actor)
    several = len({profile.partner_id for profile in profiles}) > 1
    return {str(each.pk): f"{each} ({each.partner})" if several else each.name for each in profiles}


def _places(actor: Actor) -> Mapping[str, Applying]:
    found = applying(actor)
    return {value: found.get(UUID(value), Applying()) for value in _names(actor)}
