"""Conditions over organizations that need more than one column; each is a `Q` that never multiplies rows."""

from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from django.db.models import Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from tenants.organizations.models import Organization, RelationshipState

NEVER = "never"
"""The last outcome of an organization in which nothing was run yet."""


def called(text: str) -> Q:
    """Name, domain or tenant id contains every word of `text`."""
    return reduce(and_, (_called(word) for word in text.split()), Q())


def _called(word: str) -> Q:
    return (
        Q(name__icontains=word)
        | Q(default_domain__icontains=word)
        | Q(initial_domain__icontains=word)
        | Q(tenant_id__icontains=word)
    )


def ends_within(days: int, now: datetime) -> Q:
    """The active relationship ends after `now` and within `days`, and does not extend itself."""
    end = now + timedelta(days=days)
    return Q(
        relationship_state=RelationshipState.ACTIVE,
        relationship_extends=False,
        relationship_ends_at__gt=now,
        relationship_ends_at__lte=end,
    )


def picked_for(group_id: UUID) -> Q:
    """The organization was picked by hand for this organization group."""
    picked = Organization.groups.through.objects.filter(organizationgroup_id=group_id)
    return Q(pk__in=picked.values("organization_id"))


def has_variable(name: str, **value: str) -> Q:
    """The organization has the variable `name`, with a value to which the lookups `value` apply (`value__iexact=…`)."""
    variable: type[Model] = Organization.variables.rel.related_model
    return Q(pk__in=variable._default_manager.filter(name=name, **value).values("organization_id"))


def may_run(answer: str, service: str, cmdlet: str) -> Q:
    """A tested connection profile is offered `cmdlet` there ("yes"), none of them is ("no"), or none was tested.

    Readings that are outdated count as none. They are reached through the relation, below which capabilities lie.
    """
    capabilities: type[Model] = Organization.capabilities.rel.related_model
    known = capabilities._default_manager.filter(service=service, outdated_at=None)
    offering = known.filter(cmdlets__names__icontains=f"\n{cmdlet}\n").values("organization_id")
    if answer == "yes":
        return Q(pk__in=offering)
    tested = Q(pk__in=known.values("organization_id"))
    return tested & ~Q(pk__in=offering) if answer == "no" else ~tested


def last_outcome_is(state: str) -> Q:
    """The newest run target that has ended here is in `state`; `never` when none has."""
    return Q(Exact(last_outcome(), Value(state)))


def last_outcome() -> Coalesce:
    """Return, for the organization of the query around it, the state of its newest run target that has ended."""
    return Coalesce(Subquery(ended_targets().values("state")[:1]), Value(NEVER))


def ended_targets() -> "QuerySet[Any]":
    """Return the run targets that have ended in the organization of the query around it, the newest first.

    They are reached through the relation, so that tenants need not know jobs. Left out are the readings by which
    Signalbox looks into unknown outcomes: nobody wanted to know what they show.
    """
    run_target: type[Model] = Organization.run_targets.rel.related_model
    ended = run_target._default_manager.filter(organization=OuterRef("pk"), finished_at__isnull=False)
    return ended.exclude(run__purpose="reconciliation").order_by("-finished_at")
