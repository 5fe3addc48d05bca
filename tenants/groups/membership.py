"""Who belongs to organization groups: the one answer that every list, launch and export uses."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from portal.core.actors import Actor
from tenants.groups.models import OrganizationGroup
from tenants.groups.rules import Rule
from tenants.organizations.conditions import picked_for
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet

NOBODY = Q(pk__in=[])


def members_of(actor: Actor, group: OrganizationGroup) -> OrganizationQuerySet:
    """Return the served organizations that belong to `group` now and that `actor` may see."""
    return Organization.objects.visible_to(actor).served().filter(membership(group))


def in_groups(actor: Actor, group_ids: Iterable[UUID]) -> OrganizationQuerySet:
    """Return the served organizations that belong to at least one of the groups now and that `actor` may see."""
    groups = OrganizationGroup.objects.visible_to(actor).filter(pk__in=list(group_ids))
    return Organization.objects.visible_to(actor).served().filter(membership_in_any(groups))


def membership_in_any(groups: Iterable[OrganizationGroup]) -> Q:
    """Return the condition of belonging to at least one of `groups`; it never multiplies rows."""
    return reduce(or_, map(membership, groups), NOBODY)


def membership(group: OrganizationGroup) -> Q:
    """Return the condition of belonging to `group`; it never multiplies rows."""
    return picked_for(group.pk) if group.rule is None else Rule.stored(group.rule).condition(timezone.now())


def fits_rule(stored: Mapping[str, Any]) -> Q:
    """Return the condition of fitting a rule as it is stored; one that cannot be read fits nobody."""
    try:
        return Rule.stored(stored).condition(timezone.now())
    except (KeyError, TypeError, ValueError):
        return NOBODY
