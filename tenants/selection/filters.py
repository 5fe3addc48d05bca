"""A filter over organizations, as it stands in an address."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q
from django.http import QueryDict

from tenants.groups.scope import Scope
from tenants.organizations.conditions import called
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.selection.facets import FACETS

LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One chosen value of a facet, in words."""

    key: str
    value: str
    title: str
    word: str


@dataclass(frozen=True, slots=True)
class OrganizationFilter:
    """Which organizations are wanted: `text` in their names, and values by facet.

    `ignored` says, a sentence each, which parts of the address make no sense and filter nothing.
    """

    scope: Scope
    text: str
    values: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...]

    @classmethod
    def read(cls, scope: Scope, query: QueryDict) -> "OrganizationFilter":
        """Return the filter that stands in an address: `q` and the parameters of `FACETS`, each repeatable."""
        values: dict[str, tuple[str, ...]] = {}
        ignored: list[str] = []
        for facet in FACETS.values():
            given = list(dict.fromkeys(value for value in query.getlist(facet.key) if value))
            sensible = [value for value in given if facet.word(scope, value) is not None]
            ignored += [_not_a_value(facet.title, value) for value in given if value not in sensible]
            if sensible:
                values[facet.key] = tuple(sensible)
        text = query.get("q", "").strip()
        if "\0" in text:  # without it, nothing might be left that narrows
            ignored.append("The search holds a character that no name has; it was not searched for.")
            text = text.replace("\0", "").strip()
        if len(text) > LONGEST_TEXT:
            ignored.append(f"The search is longer than {LONGEST_TEXT} characters; only its beginning counts.")
        return cls(scope, text[:LONGEST_TEXT], values, tuple(ignored))

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return bool(self.text or self.values)

    def choices(self) -> Iterator[Choice]:
        """Yield every chosen value in words."""
        for key, values in self.values.items():
            facet = FACETS[key]
            for value in values:
                yield Choice(key, value, facet.title, facet.word(self.scope, value) or value)

    def words(self) -> list[str]:
        """Return the filter in words, a part each."""
        parts = [f"Search: “{self.text}”"] if self.text else []
        for key in self.values:
            words = " or ".join(choice.word for choice in self.choices() if choice.key == key)
            parts.append(f"{FACETS[key].title}: {words}")
        return parts

    def condition(self, *, without: str = "") -> Q:
        """Return what the filter keeps, leaving the facet `without` aside."""
        wanted = called(self.text)
        for key, values in self.values.items():
            if key != without:
                wanted &= reduce(or_, (FACETS[key].condition(self.scope, value) for value in values))
        return wanted

    def apply(self, organizations: OrganizationQuerySet, *, without: str = "") -> OrganizationQuerySet:
        """Return those of `organizations` that the filter keeps."""
        return organizations.filter(self.condition(without=without))


def _not_a_value(title: str, value: str) -> str:
    shown = value if len(value) <= 60 else f"{value[:57]}…"
    return f"“{shown}” is nothing that {title.lower()} can be."
