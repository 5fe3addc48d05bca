"""Filters of the ledger of connections, in words."""

from datetime import date
from typing import Any

from django import forms

from jobs.ledger.connection_filter import STATES, ConnectionFilter
from jobs.ledger.selectors import NEWEST_FIRST, SORTS
from jobs.web.run_related_filters import RunRelatedFilterForm
from jobs.web.words import SERVICES
from portal.core.filters import ChoiceRow, choice_field, text_field
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.profiles.methods import Method

_SERVICES = {name: SERVICES[name] for name in ("exo", "scc")}
_TEXTS = ("organization", "person", "method", "service", "environment", "state")


class ConnectionFilterForm(RunRelatedFilterForm):
    """Filters of the ledger; days are about when a connection was opened."""

    SORTS, FIRST = SORTS, NEWEST_FIRST
    field_order = ("state", "service", "organization", "person", "run", "method", "environment")

    state = choice_field("State", STATES.items())
    service = choice_field("Service", _SERVICES.items())
    organization = text_field("Organization", search=True)
    person = text_field("Person")
    method = choice_field("Method", Method.choices)
    environment = choice_field("Environment", [(name, name) for name in ENVIRONMENTS])

    def wanted(self, today: date) -> ConnectionFilter:
        """Return the filter that these values mean."""
        chosen = self.chosen()
        since, until = self.moments(today)
        return ConnectionFilter(
            **{name: chosen.get(name, "") for name in _TEXTS},
            run_id=chosen.get("run"),
            opened_from=since,
            opened_before=until,
        )

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        said = {
            "state": lambda: STATES[value],
            "service": lambda: f"to {_SERVICES[value]}",
            "person": lambda: f"for “{value}”",
            "method": lambda: f"by {Method(value).label}",
            "environment": lambda: f"in {value}",
        }
        return said[name]() if name in said else super().words(name, value)

    @property
    def typed(self) -> list[forms.BoundField]:
        """The fields that are typed into."""
        return [self[name] for name in ("organization", "person", "method")]

    @property
    def seldom(self) -> list[forms.BoundField]:
        """The fields that are typed into less often: behind "More filters"."""
        return [self[name] for name in ("environment", "run", "since", "until")]

    @property
    def kept(self) -> list[forms.BoundField]:
        """The fields that are one click, kept while others are typed into."""
        return [self[name] for name in ("state", "service", "period")]

    def choices(self) -> list[ChoiceRow]:
        """Return the filters that are one click."""
        return [
            ChoiceRow("State", [self.choice("state", *each) for each in STATES.items()]),
            ChoiceRow("To", [self.choice("service", *each) for each in _SERVICES.items()]),
            self.period_choices(),
        ]
