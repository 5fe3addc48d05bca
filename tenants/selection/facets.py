"""The facets by which organizations are narrowed: how each value reads in the address, and what it keeps."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q
from django.utils import timezone

from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.templatetags.states import look
from tenants.groups.membership import membership
from tenants.groups.models import OrganizationGroup
from tenants.groups.selectors import groups_for_list
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.organizations.conditions import NEVER, ends_within, last_outcome_is
from tenants.organizations.models import Organization, Reachability, RelationshipState

ENDING_DAYS = (7, 30, 60, 90)
OUTCOMES = ("succeeded", "failed", "errored", "unknown", "skipped", "denied", "cancelled", NEVER)
_LONGEST_SPAN = 3650
_SLUG = re.compile(r"[a-z0-9_]{1,60}")


@dataclass
class Scope:
    """What the meaning of a filter depends on: who asks, when, and what there is now."""

    actor: Actor
    now: datetime

    @classmethod
    def of(cls, actor: Actor) -> "Scope":
        """Return the scope of `actor` at this moment."""
        return cls(actor, timezone.now())

    @cached_property
    def groups(self) -> Mapping[str, OrganizationGroup]:
        """The organization groups that the actor may see, by id, in order of their names."""
        return {str(group.pk): group for group in groups_for_list(self.actor)}

    @cached_property
    def cause_titles(self) -> Mapping[str, str]:
        """Why organizations cannot be reached now: the title of each cause."""
        served = Organization.objects.visible_to(self.actor).served().exclude(reachability_class="")
        return dict(served.order_by().values_list("reachability_class", "reachability_reason").distinct())


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow: its parameter in the address, its title, the word of a value (None: senseless), its condition.

    Several values of one facet widen it (or); several facets narrow each other (and).
    """

    key: str
    title: str
    word: Callable[[Scope, str], str | None]
    condition: Callable[[Scope, str], Q]


def _days(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and 1 <= int(value) <= _LONGEST_SPAN else None


def _days_word(scope: Scope, value: str) -> str | None:
    days = _days(value)
    return None if days is None else "Within 1 day" if days == 1 else f"Within {days} days"


def _group_word(scope: Scope, value: str) -> str | None:
    group = scope.groups.get(value)
    return group.name if group else None


def _cause_word(scope: Scope, value: str) -> str | None:
    return scope.cause_titles.get(value) or value if _SLUG.fullmatch(value) else None


def _outcome_word(scope: Scope, value: str) -> str | None:
    if value not in OUTCOMES or not scope.actor.has(Permission.RUN_READ):
        return None
    return "Nothing run yet" if value == NEVER else look(value).label


_REACHABILITY = {state.value: str(state.label) for state in Reachability}
_RELATIONSHIPS = {state.value: str(state.label) for state in RelationshipState}
_CSP = {"yes": "CSP customer", "no": "Not through CSP"}

FACETS: Mapping[str, Facet] = {
    facet.key: facet
    for facet in (
        Facet(
            "reachability",
            "Reachability",
            lambda scope, value: _REACHABILITY.get(value),
            lambda scope, value: Q(reachability=value),
        ),
        Facet("cause", "Why not reachable", _cause_word, lambda scope, value: Q(reachability_class=value)),
        Facet(
            "relationship",
            "Relationship",
            lambda scope, value: _RELATIONSHIPS.get(value),
            lambda scope, value: Q(relationship_state=value),
        ),
        Facet(
            "ends_within",
            "Relationship ends",
            _days_word,
            lambda scope, value: ends_within(int(value), scope.now),
        ),
        Facet("last", "Last outcome", _outcome_word, lambda scope, value: last_outcome_is(value)),
        Facet("group", "Organization group", _group_word, lambda scope, value: membership(scope.groups[value])),
        Facet(
            "csp",
            "Reseller relationship",
            lambda scope, value: _CSP.get(value),
            lambda scope, value: Q(is_reseller_customer=value == "yes"),
        ),
        Facet(
            "cloud",
            "Cloud",
            lambda scope, value: value if value in ENVIRONMENTS else None,
            lambda scope, value: Q(environment=value),
        ),
    )
}
