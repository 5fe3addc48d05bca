"""Filters that live in the address of a list."""

from django import forms

from jobs.runs.selectors import TargetFilter
from jobs.runs.states import TargetState
from portal.core.filters import FilterForm, choice_field, text_field


class TargetFilterForm(FilterForm):
    """Filters of the targets of one run."""

    organization = text_field("Organization", search=True)
    state = choice_field("State", TargetState.choices)
    cause = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput())

    def wanted(self) -> TargetFilter:
        """Return the filter that these values mean."""
        chosen = self.chosen()
        return TargetFilter(chosen.get("state", ""), chosen.get("cause", ""), chosen.get("organization", ""))


class CmdletFilterForm(FilterForm):
    """What is searched for in the catalogue."""

    q = text_field("Search cmdlets", search=True)
    verb = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput())
    service = forms.CharField(max_length=10, required=False, widget=forms.HiddenInput())
    risk = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput())


class OrganizationFilterForm(FilterForm):
    """What is searched for in a frozen list of organizations."""

    q = text_field("Search organizations", search=True)
