"""Filters of lists whose rows belong to runs and organizations, in words."""

from typing import Any

from django import forms

from portal.core.actors import Actor
from portal.core.filters import Sorted
from portal.core.periods import PeriodForm
from tenants.organizations.names import name_of


class RunRelatedFilterForm(Sorted, PeriodForm):
    """Filters that `actor` uses of things that happened in organizations, and in a run; days are whole days in UTC."""

    run = forms.UUIDField(
        label="Run id", required=False, error_messages={"invalid": "Copy it from the address of a run."}
    )

    def __init__(self, actor: Actor, *args: Any) -> None:
        super().__init__(*args)
        self._actor = actor

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        if name == "organization":
            return f"in {name_of(self._actor, value) or value}"
        return f"of the run {value}" if name == "run" else super().words(name, value)
