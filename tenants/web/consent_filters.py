"""Filters of the list of consents; they live in the address."""

from typing import Any

from django import forms

from portal.core.filters import ChoiceRow, Sorted, choice_field, text_field
from tenants.consents.models import ConsentState
from tenants.consents.selectors import SORTS


class ConsentFilterForm(Sorted):
    """Narrows the organizations by the state of their consent and by name or domain."""

    SORTS, FIRST = SORTS, "name"

    state = choice_field("Consent", ConsentState.choices)
    q = text_field("Organization", search=True)

    @property
    def wanted(self) -> dict[str, str]:
        """What these values mean, for `organizations_with_consent`."""
        chosen = self.chosen()
        return {"state": chosen.get("state", ""), "text": chosen.get("q", "")}

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
