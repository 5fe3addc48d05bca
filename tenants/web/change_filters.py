"""Filters of the list of changes, in words; they live in the address."""

from datetime import date
from typing import Any

from django import forms

from portal.core.actors import Actor
from portal.core.filters import ChoiceRow, Sorted, choice_field, text_field
from portal.core.periods import PeriodForm
from tenants.organizations.names import name_of
from tenants.relationships.changes import NEWEST_FIRST, SORTS, ChangeFilter
from tenants.relationships.models import ChangeKind


class ChangeFilterForm(Sorted, PeriodForm):
    """Narrows the changes by what changed, where, and when it was found (days in UTC, both included)."""

    SORTS, FIRST = SORTS, NEWEST_FIRST
    field_order = ("kind", "organization")

    kind = choice_field("What", ChangeKind.choices)
    organization = text_field("Organization", search=True, length=300)

    def __init__(self, actor: Actor, *args: Any) -> None:
        super().__init__(*args)
        self._actor = actor

    def wanted(self, today: date) -> ChangeFilter:
        """Return the filter that these values mean."""
        chosen, (since, before) = self.chosen(), self.moments(today)
        return ChangeFilter(chosen.get("kind", ""), chosen.get("organization", ""), since, before)

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        if name == "organization":
            return f"in {name_of(self._actor, value) or f'“{value}”'}"
        return ChangeKind(value).label if name == "kind" else super().words(name, value)

    def choices(self) -> list[ChoiceRow]:
        """Return the filters that are one click."""
        kinds = [self.choice("kind", value, label) for value, label in ChangeKind.choices]
        return [self.period_choices(), ChoiceRow("What", kinds)]

    @property
    def typed(self) -> list[forms.BoundField]:
        """The fields that are typed into."""
        return [self[name] for name in ("organization", "since", "until")]

    @property
    def kept(self) -> list[forms.BoundField]:
        """The fields that are one click, kept while others are typed into."""
        return [self[name] for name in ("kind", "period")]
