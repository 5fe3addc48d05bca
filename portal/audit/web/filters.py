"""Filters of the audit trail, in words; they live in the URL."""

from datetime import date, timedelta
from typing import Any

from django import forms

from portal.audit.actions import AuditAction
from portal.audit.categories import CATEGORIES
from portal.audit.event_filter import EventFilter, organization_named, run_named
from portal.audit.known_names import organizations_of_events, people_of_events
from portal.core.actors import Actor
from portal.core.filters import Choice, ChoiceRow, address, choice_field, text_field
from portal.core.periods import PeriodForm, days_of_month

MONTHS = 12
_ACTIONS = {action.value: action.words for action in AuditAction}
_WORDS = {key: category.word for key, category in CATEGORIES.items()}


class EventFilterForm(PeriodForm):
    """Narrows the events by what happened, who, where, in which run and when (days in UTC, both included)."""

    field_order = ("category", "action", "organization", "mine", "actor", "run")

    organization = text_field("Organization", search=True, length=300)
    actor = text_field("Person", length=300)
    action = choice_field("Action", list(_ACTIONS.items()))
    run = forms.UUIDField(label="Run id", required=False, error_messages={"invalid": "It is no id of a run."})
    category = choice_field("About", _WORDS.items())
    mine = choice_field("Who", [("on", "by me")])

    def __init__(self, actor: Actor, *args: Any) -> None:
        super().__init__(*args)
        self._actor = actor
        self.fields["organization"].widget.attrs["list"] = "organizations-of-events"
        self.fields["actor"].widget.attrs["list"] = "people-of-events"

    def wanted(self, today: date) -> EventFilter:
        """Return the filter that these values mean."""
        chosen, (since, before) = self.chosen(), self.moments(today)
        return EventFilter(
            action=chosen.get("action", ""),
            category=chosen.get("category", ""),
            person=chosen.get("actor", ""),
            mine="mine" in chosen,
            organization=chosen.get("organization", ""),
            run_id=chosen.get("run"),
            since=since,
            before=before,
        )

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        if name == "organization":
            return f"in {organization_named(actor=self._actor, organization=value)}"
        if name == "run":
            return f"of the run {run_named(actor=self._actor, run_id=value)}"
        said = {
            "actor": f"by or for “{value}”",
            "mine": "by or for me",
            "action": _ACTIONS.get(str(value), str(value)),
        }
        if name == "category":
            return f"about {_WORDS[value]}"
        return said.get(name) or super().words(name, value)

    @property
    def typed(self) -> list[forms.BoundField]:
        """The fields that are typed into."""
        return [self[name] for name in ("organization", "actor", "action", "since", "until")]

    @property
    def kept(self) -> list[forms.BoundField]:
        """The fields that are one click, kept while others are typed into."""
        return [self[name] for name in ("category", "period", "mine", "run")]

    def choices(self, today: date) -> list[ChoiceRow]:
        """Return the filters that are one click."""
        return [
            self.period_choices(),
            ChoiceRow("Month", self._months(today)),
            ChoiceRow("About", [self.choice("category", *each) for each in _WORDS.items()]),
            ChoiceRow("Who", [self.choice("mine", "on", "by or for me")]),
        ]

    def organization_names(self) -> list[str]:
        """Return the names of all organizations that events are about, to choose from while typing."""
        return sorted(set(organizations_of_events(actor=self._actor).values()), key=str.casefold)

    def people_names(self) -> list[str]:
        """Return the labels of everybody who did something or had it done, to choose from while typing."""
        return sorted(people_of_events(actor=self._actor), key=str.casefold)

    def _months(self, today: date) -> list[Choice]:
        """Return the last twelve months as links, the newest first."""
        months: list[Choice] = []
        day = today
        while len(months) < MONTHS:
            first, last = days_of_month(day)
            months.append(self._month(first, last))
            day = first - timedelta(days=1)
        return months

    def _month(self, first: date, last: date) -> Choice:
        chosen = self.chosen()
        is_chosen = (chosen.get("since"), chosen.get("until")) == (first, last)
        days = {"since": None, "until": None} if is_chosen else {"since": str(first), "until": str(last)}
        word = f"{first:%b %Y}" if first.month == 1 else f"{first:%b}"
        return Choice(word, address(self.data, {**days, "period": None, "cursor": None}), is_chosen)
