"""Filters of the organizations list; they live in the URL."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import django_filters
from django import forms
from django.http import QueryDict
from django.utils import timezone

from portal.core.actors import Actor
from tenants.groups.models import OrganizationGroup
from tenants.groups.querysets import OrganizationGroupQuerySet
from tenants.organizations.models import Organization, Reachability, RelationshipState
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.organizations.selectors import counted_by, organizations_for_list

ENDING_DAYS = (30, 90)


def _visible_groups(actor: Actor) -> OrganizationGroupQuerySet:
    return OrganizationGroup._default_manager.visible_to(actor)


class OrganizationFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Narrows the organizations by words, state, cause, group and the end of their relationship."""

    search = django_filters.CharFilter(
        method="matching", label="Name or domain", widget=forms.TextInput(attrs={"type": "search"})
    )
    reachability = django_filters.ChoiceFilter(choices=Reachability.choices, widget=forms.HiddenInput)
    cause = django_filters.CharFilter(field_name="reachability_class", max_length=60, widget=forms.HiddenInput)
    relationship = django_filters.ChoiceFilter(
        field_name="relationship_state", choices=RelationshipState.choices, widget=forms.HiddenInput
    )
    group = django_filters.ModelChoiceFilter(field_name="groups", queryset=_visible_groups, widget=forms.HiddenInput)
    ends_within = django_filters.NumberFilter(
        method="ending", label="Ends within days", min_value=1, max_value=3650, widget=forms.HiddenInput
    )

    @classmethod
    def read(cls, actor: Actor, query: QueryDict) -> Self:
        """Return the filter that stands in an address, over the organizations that `actor` may see."""
        return cls(query, queryset=organizations_for_list(actor), request=actor)

    class Meta:
        model = Organization
        fields: list[str] = []

    def matching(self, organizations: OrganizationQuerySet, name: str, text: str) -> OrganizationQuerySet:
        """Keep those whose name or domain contains every word."""
        return organizations.matching(text)

    def ending(self, organizations: OrganizationQuerySet, name: str, days: Any) -> OrganizationQuerySet:
        """Keep those whose active relationship ends within `days`."""
        return organizations.ending_within(timedelta(days=int(days)), timezone.now())

    def without(self, *names: str) -> OrganizationQuerySet:
        """Return what the other filters leave."""
        values = self.form.cleaned_data if self.form.is_valid() else {}
        organizations: OrganizationQuerySet = self.queryset.all()
        for name, value in values.items():
            if name not in names:
                organizations = self.filters[name].filter(organizations, value)
        return organizations


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet with the number of organizations that it would show; `url` chooses it, or lets it go."""

    label: str
    count: int
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow the list: its title and its values."""

    title: str
    values: list[FacetValue]


def facets_of(filters: OrganizationFilter, chosen: QueryDict) -> list[Facet]:
    """Return the facets with counts; each counts what all the other filters leave, in one query each."""
    reachability = counted_by(filters.without("reachability", "cause"), "reachability")
    causes = counted_by(filters.without("cause"), "reachability_class", "reachability_reason")
    relationship = counted_by(filters.without("relationship"), "relationship_state")
    groups = counted_by(filters.without("group"), "groups__pk", "groups__name")
    facets = [
        _facet("reachability", "Reachability", chosen, _labelled(reachability, "reachability", Reachability)),
        _facet("cause", "Why not reachable", chosen, _causes(causes)),
        _facet(
            "relationship", "Relationship", chosen, _labelled(relationship, "relationship_state", RelationshipState)
        ),
        _facet("ends_within", "Relationship ends", chosen, _ends(filters.without("ends_within"))),
        _facet("group", "Organization group", chosen, _groups(groups)),
    ]
    return [facet for facet in facets if facet.values]


def _facet(parameter: str, title: str, chosen: QueryDict, rows: list[tuple[str, str, int]]) -> Facet:
    present = chosen.get(parameter, "")
    return Facet(
        title,
        [
            FacetValue(label, number, value == present, _url(chosen, parameter, "" if value == present else value))
            for value, label, number in rows
        ],
    )


def _url(chosen: QueryDict, parameter: str, value: str) -> str:
    query = chosen.copy()
    for name in ("cursor", parameter):
        query.pop(name, None)
    if value:
        query[parameter] = value
    return f"?{query.urlencode()}"


def _labelled(
    rows: list[dict[str, Any]], field: str, words: type[Reachability] | type[RelationshipState]
) -> list[tuple[str, str, int]]:
    counts = {row[field]: row["number"] for row in rows}
    return [(word.value, str(word.label), counts.get(word.value, 0)) for word in words]


def _ends(organizations: OrganizationQuerySet) -> list[tuple[str, str, int]]:
    now = timezone.now()
    return [
        (str(days), f"Within {days} days", organizations.ending_within(timedelta(days=days), now).count())
        for days in ENDING_DAYS
    ]


def _causes(rows: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    causes: dict[str, tuple[str, int]] = {}
    for row in rows:
        if row["reachability_class"]:
            title, number = causes.get(row["reachability_class"], (row["reachability_reason"], 0))
            causes[row["reachability_class"]] = (title, number + row["number"])
    ordered = sorted(causes.items(), key=lambda item: (-item[1][1], item[1][0]))
    return [(error_class, title, number) for error_class, (title, number) in ordered]


def _groups(rows: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    named = [(str(row["groups__pk"]), row["groups__name"], row["number"]) for row in rows if row["groups__pk"]]
    return sorted(named, key=lambda item: item[1].casefold())
