"""Filters that live in the address of a list."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from jobs.runs.history import RunFilter
from jobs.runs.selectors import TargetFilter
from jobs.runs.states import RunState, TargetState
from jobs.web.words import RISKS
from portal.core.actors import Actor

_LAUNCHED = [(state.value, state.label) for state in RunState if state != RunState.DRAFT]


def _text(label: str, *, search: bool = False) -> forms.CharField:
    widget = forms.TextInput({"type": "search"} if search else {})
    return forms.CharField(label=label, max_length=200, required=False, widget=widget)


def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", "Any"), *choices], required=False)


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


class FilterForm(forms.Form):
    """A form whose unreadable fields filter nothing and say so."""

    def chosen(self) -> Mapping[str, Any]:
        """Return the readable values that filter something, by field."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.chosen())


class RunFilterForm(FilterForm):
    """Filters of the history; days are whole days in UTC."""

    cmdlet = _text("Cmdlet", search=True)
    organization = _text("Organization")
    person = _text("Person")
    state = _choice("State", _LAUNCHED)
    risk = _choice("Risk", [(risk, RISKS[risk]) for risk in ("read", "change", "destructive")])
    since = _day("From")
    until = _day("To")
    mine = forms.BooleanField(label="Only mine", required=False)

    def wanted(self, actor: Actor) -> RunFilter:
        """Return the filter that these values mean to `actor`."""
        chosen = self.chosen()
        until = chosen.get("until")
        return RunFilter(
            **{name: chosen.get(name, "") for name in ("cmdlet", "organization", "person", "state", "risk")},
            requested_by_id=actor.id if chosen.get("mine") else "",
            launched_from=_midnight(chosen.get("since")),
            launched_before=_midnight(until + timedelta(days=1)) if until and until < date.max else None,
        )


class TargetFilterForm(FilterForm):
    """Filters of the targets of one run."""

    organization = _text("Organization", search=True)
    state = _choice("State", list(TargetState.choices))
    cause = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput())

    def wanted(self) -> TargetFilter:
        """Return the filter that these values mean."""
        chosen = self.chosen()
        return TargetFilter(chosen.get("state", ""), chosen.get("cause", ""), chosen.get("organization", ""))


class CmdletFilterForm(FilterForm):
    """What is searched for in the catalogue."""

    q = _text("Search cmdlets", search=True)
    verb = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput())
    service = forms.CharField(max_length=10, required=False, widget=forms.HiddenInput())
    risk = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput())


class OrganizationFilterForm(FilterForm):
    """What is searched for in a frozen list of organizations."""

    q = _text("Search organizations", search=True)


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
