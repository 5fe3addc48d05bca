"""What the list of organizations shows: rows, facets, chips, and what was ignored in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.safestring import SafeString

from portal.core.actors import Actor
from portal.core.pagination import page_by_key
from tenants.groups.models import OrganizationGroup
from tenants.groups.scope import Scope
from tenants.groups.selectors import groups_by_organization
from tenants.organizations.models import Organization
from tenants.organizations.outcomes import Outcome, recent_outcomes
from tenants.organizations.selectors import organizations_for_list
from tenants.organizations.sorting import SORTS, ordered
from tenants.profiles.ways import Way, ways_into
from tenants.selection.counts import facet_counts
from tenants.selection.facets import FACETS
from tenants.selection.filters import OrganizationFilter
from tenants.web.sparkline import sparkline

FILTER_KEYS = ("q", *FACETS)
_KNOWN = frozenset({*FILTER_KEYS, "sort", "cursor", "all", "saved", "match"})


@dataclass(frozen=True, slots=True)
class Row:
    """One organization of the list with what belongs to it."""

    organization: Organization
    groups: Sequence[OrganizationGroup]
    ways: Sequence[Way]
    last: Outcome | None
    last_failure: Outcome | None
    picture: SafeString


@dataclass(frozen=True, slots=True)
class FacetOption:
    """One value of a facet; `url` chooses it, or lets it go when it is `current`."""

    word: str
    count: int | None
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """One facet as a block of options."""

    title: str
    options: Sequence[FacetOption]


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing by which the list is narrowed, with the address without it."""

    title: str
    word: str
    url: str


def list_context(actor: Actor, query: QueryDict) -> dict[str, Any]:
    """Return what the list shows for the address `query`."""
    wanted = OrganizationFilter.read(Scope.of(actor), query)
    sort, ignored = read_sort(query)
    matching = wanted.apply(organizations_for_list(actor))
    organizations, order = ordered(matching, sort)
    number = matching.count()
    page = page_by_key(organizations, order=order, cursor=query.get("cursor", ""))
    return {
        "wanted": wanted,
        "page": page,
        "rows": _rows(actor, page.rows),
        "matching": number,
        "sort": sort,
        "ignored": [*wanted.ignored, *ignored, *unknown_filters(query)],
        "facets": _facets(wanted, query, number),
        "chips": _chips(wanted, query),
        "hidden": _hidden(wanted),
        "groups": [group for group in wanted.scope.groups.values() if not group.is_by_rule],
        "variable_names": wanted.scope.variable_names,
    }


def read_sort(query: QueryDict) -> tuple[str, list[str]]:
    """Return the order that an address asks for, and what was ignored of it."""
    sort = query.get("sort") or "name"
    if sort.removeprefix("-") in SORTS:
        return sort, []
    return "name", [f"Organizations cannot be sorted by “{sort[:60]}”."]


def unknown_filters(query: QueryDict) -> list[str]:
    """Return what an address asks for that is no filter of this list, a sentence each."""
    return [f"There is no filter called “{key[:60]}”." for key in query if key not in _KNOWN]


def toggled(query: QueryDict, key: str, value: str) -> str:
    """Return the address with `value` of `key` chosen, or let go when it was chosen; back on the first page."""
    changed = query.copy()
    changed.pop("cursor", None)
    values = changed.getlist(key)
    changed.setlist(key, [each for each in values if each != value] if value in values else [*values, value])
    return f"?{changed.urlencode()}"


def _rows(actor: Actor, organizations: Sequence[Organization]) -> list[Row]:
    groups = groups_by_organization(actor, organizations)
    outcomes, ways = recent_outcomes(actor, organizations), ways_into(organizations)
    return [_row(each, groups.get(each.pk, ()), ways[each.pk], outcomes.get(each.pk, ())) for each in organizations]


def _row(
    organization: Organization,
    groups: Sequence[OrganizationGroup],
    ways: Sequence[Way],
    outcomes: Sequence[Outcome],
) -> Row:
    failures = (outcome for outcome in outcomes if outcome.is_failure)
    picture = sparkline(outcomes) if outcomes else SafeString()
    return Row(organization, groups, ways, outcomes[0] if outcomes else None, next(failures, None), picture)


def _facets(wanted: OrganizationFilter, query: QueryDict, number: int) -> list[FacetGroup]:
    """Return the facets that narrow anything: one whose only value every listed organization has does not."""
    return [
        FacetGroup(
            facet.title,
            [
                FacetOption(value.word, value.number, toggled(query, facet.key, value.value), value.chosen)
                for value in facet.values
            ],
        )
        for facet in facet_counts(wanted)
        if len(facet.values) > 1 or facet.values[0].chosen or facet.values[0].number < number
    ]


def _chips(wanted: OrganizationFilter, query: QueryDict) -> list[Chip]:
    chips = [Chip(c.title, c.word, toggled(query, c.key, c.value)) for c in wanted.choices()]
    if wanted.text:
        without = query.copy()
        for key in ("q", "cursor"):
            without.pop(key, None)
        chips.insert(0, Chip("Search", f"“{wanted.text}”", f"?{without.urlencode()}"))
    return chips


def _hidden(wanted: OrganizationFilter) -> list[tuple[str, str]]:
    """Return the filter as names and values for a form."""
    facets = [(key, value) for key, values in wanted.values.items() for value in values]
    return [("q", wanted.text), *facets] if wanted.text else facets
