"""Filters of the list of consents; they live in the address."""

from typing import Any

from django import forms

from portal.core.filters import ChoiceRow, FilterForm, choice_field, text_field
from tenants.consents.models import ConsentState
from tenants.consents.selectors import SORTS


class ConsentFilterForm(FilterForm):
    """Narrows the organizations by the state of their consent and by name or domain."""

    state = choice_field("Consent", ConsentState.choices)
    q = text_field("Organization", search=True)

    @property
    def wanted(self) -> dict[str, str]:
        """What these values mean, for `organizations_with_consent`."""
        chosen = self.chosen()
        return {"state": chosen.get("state", ""), "text": chosen.get("q", "")}

    @property
    def sort(self) -> str:
        """What the list is sorted by: a word that there is."""
        wanted = str(self.data.get("sort", ""))
        return wanted if wanted.removeprefix("-") in SORTS else "name"

    @property
    def order(self) -> str:
        """The field to order by, with `-` before it for the falling order."""
        falls = "-" if self.sort.startswith("-") else ""
        return f"{falls}{SORTS[self.sort.removeprefix('-')]}"

    def ignored(self) -> list[str]:
        """Return a sentence for everything in the address that filters or sorts nothing."""
        wanted = str(self.data.get("sort", ""))
        unknown = wanted and wanted != self.sort
        return [*super().ignored(), *([f"Consents cannot be sorted by “{wanted[:60]}”."] if unknown else [])]

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        return f"consent {ConsentState(value).label.lower()}" if name == "state" else f"called “{value}”"

    def choices(self) -> list[ChoiceRow]:
        """Return the filters that are one click."""
        return [ChoiceRow("Consent", [self.choice("state", *each) for each in ConsentState.choices])]

    @property
    def typed(self) -> list[forms.BoundField]:
        """The fields that are typed into."""
        return [self["q"]]

    @property
    def kept(self) -> list[forms.BoundField]:
        """The fields that are one click, kept while others are typed into."""
        return [self["state"]]
