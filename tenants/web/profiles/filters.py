"""Filters of the list of connection profiles; they live in the address."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet

from portal.core.actors import Actor
from portal.core.filters import ChoiceRow, Sorted, choice_field, text_field
from tenants.partner.selectors import partners_with_sign_in
from tenants.profiles.methods import Method, ProfileService
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import visible_profiles

_RETIRED = [("yes", "Only retired"), ("too", "Retired too")]


class ProfileFilterForm(Sorted):
    """Narrows the profiles by words, method, service and partner; retired ones are left out unless asked for."""

    SORTS: ClassVar = {
        "name": "name",
        "method": "method",
        "partner": "partner__name",
        "service": "service",
        "changed": "changed_at",
    }
    FIRST = "name"

    q = text_field("Name, account or note", search=True)
    method = choice_field("Method", Method.choices)
    service = choice_field("Service", ProfileService.choices)
    partner = choice_field("Partner", ())
    retired = choice_field("Retired", _RETIRED, any_word="Left out")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._partners = [(str(partner.pk), partner.name) for partner in partners_with_sign_in()]
        field = self.fields["partner"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", "Any"), *self._partners]

    def rows(self, actor: Actor) -> QuerySet[ConnectionProfile]:
        """Return the profiles that `actor` may see and that these values keep."""
        chosen, found = self.chosen(), visible_profiles(actor)
        if chosen.get("retired") != "too":
            found = found.filter(retired_at__isnull=chosen.get("retired") != "yes")
        for name in ("method", "service", "partner"):
            if name in chosen:
                found = found.filter(**{name: chosen[name]})
        return found.called(chosen["q"]) if "q" in chosen else found

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        if name == "q":
            return f"“{value}”"
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - the only other kind
        choices: Any = field.choices
        return str(dict(choices)[value])

    def choices(self) -> list[ChoiceRow]:
        """Return the filters that are one click."""
        services = [self.choice("service", value, label) for value, label in ProfileService.choices]
        partners = [self.choice("partner", value, name) for value, name in self._partners]
        retired = [self.choice("retired", value, word) for value, word in _RETIRED]
        rows = [ChoiceRow("Service", services), ChoiceRow("Retired", retired)]
        return [*rows, ChoiceRow("Partner", partners)] if len(partners) > 1 else rows

    @property
    def typed(self) -> list[forms.BoundField]:
        """The fields that are typed into or picked from a list."""
        return [self[name] for name in ("q", "method")]

    @property
    def kept(self) -> list[forms.BoundField]:
        """The fields that are one click, kept while others are typed into."""
        return [self[name] for name in ("service", "partner", "retired")]
