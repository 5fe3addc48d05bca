"""How many organizations each value of each facet would show, with all the other filters as they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.db.models.expressions import Combinable

from tenants.groups.membership import membership
from tenants.organizations.conditions import ends_within, last_outcome
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.organizations.traits import TRAITS
from tenants.selection.by_profile import profile_conditions
from tenants.selection.facets import ENDING_DAYS, FACETS
from tenants.selection.filters import OrganizationFilter

Numbers = Mapping[str, int]
_COLUMNS: Mapping[str, Callable[[], Combinable]] = {
    "reachability": lambda: F("reachability"),
    "cause": lambda: F("reachability_class"),
    "relationship": lambda: F("relationship_state"),
    "cloud": lambda: F("environment"),
    "last": last_outcome,
}


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet with how many organizations it would show."""

    value: str
    word: str
    number: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """One facet with the values that show something, and those that are chosen."""

    key: str
    title: str
    values: Sequence[FacetValue]


def facet_counts(wanted: OrganizationFilter) -> list[FacetCounts]:
    """Return every facet that has something to choose, in one query a facet."""
    served = Organization.objects.visible_to(wanted.scope.actor).served()
    counted = [_facet(wanted, key, wanted.apply(served, without=key)) for key in FACETS]
    return [facet for facet in counted if facet.values]


def _facet(wanted: OrganizationFilter, key: str, organizations: OrganizationQuerySet) -> FacetCounts:
    numbers = _numbers(wanted, key, organizations)
    chosen = wanted.values.get(key, ())
    shown = [value for value, number in numbers.items() if number] + [v for v in chosen if not numbers.get(v)]
    words = [(value, FACETS[key].word(wanted.scope, value)) for value in shown]
    values = [FacetValue(value, word, numbers.get(value, 0), value in chosen) for value, word in words if word]
    return FacetCounts(key, FACETS[key].title, values)


def _numbers(wanted: OrganizationFilter, key: str, organizations: OrganizationQuerySet) -> Numbers:
    """Return how many organizations have each value, in the order in which the values are shown."""
    if key == "group":
        return _each(organizations, {pk: membership(group) for pk, group in wanted.scope.groups.items()})
    if key == "profile":
        return _each(organizations, profile_conditions(wanted.scope))
    if key == "ends_within":
        now = wanted.scope.now
        return _each(organizations, {str(days): ends_within(days, now) for days in ENDING_DAYS})
    if key == "csp":
        return _each(organizations, {value: TRAITS[key].condition(value) for value in TRAITS[key].words})
    if key == "may_run":  # nobody lists every cmdlet: only what is chosen is counted
        chosen = wanted.values.get(key, ())
        return _each(organizations, {value: FACETS[key].condition(wanted.scope, value) for value in chosen})
    if key == "variable":
        named = organizations.exclude(variables=None).order_by("variables__name").values_list("variables__name")
        return dict(named.annotate(number=Count("pk")))
    rows = organizations.order_by().annotate(facet=_COLUMNS[key]()).values_list("facet")
    found = dict(rows.annotate(number=Count("pk")))
    if words := TRAITS[key].words:
        return {value: found[value] for value in words if value in found}
    return {value: found[value] for value in sorted(found, key=lambda value: (-found[value], value))}


def _each(organizations: OrganizationQuerySet, conditions: Mapping[str, Q]) -> Numbers:
    if not conditions:
        return {}
    counts = {f"facet_{number}": Count("pk", filter=condition) for number, condition in enumerate(conditions.values())}
    return dict(zip(conditions, organizations.aggregate(**counts).values(), strict=True))
