"""Filters that live in the address of a list."""

from portal.core.filters import FilterForm, text_field


class OrganizationFilterForm(FilterForm):
    """What is searched for in a frozen list of organizations."""

    q = text_field("Search organizations", search=True)
