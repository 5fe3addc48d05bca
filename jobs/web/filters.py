"""Filters that live in the address of a list."""

from django import forms

from portal.core.filters import FilterForm, text_field


class CmdletFilterForm(FilterForm):
    """What is searched for in the catalogue."""

    q = text_field("Search cmdlets", search=True)
    verb = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput())
    service = forms.CharField(max_length=10, required=False, widget=forms.HiddenInput())
    risk = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput())


class OrganizationFilterForm(FilterForm):
    """What is searched for in a frozen list of organizations."""

    q = text_field("Search organizations", search=True)
