"""Filters of the run history, in words."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms

from jobs.runs.history import NEWEST_FIRST, SORTS
from jobs.runs.run_filter import RunFilter
from jobs.runs.states import RunState
from portal.core.actors import Actor
from portal.core.filters import ChoiceRow, Sorted, choice_field, text_field
from portal.core.periods import PeriodForm
from tenants.organizations.names import name_of

DID = {"read": "only read", "change": "changed", "destructive": "destroyed"}
READINGS = "read-backs of unknown outcomes"
OUTCOMES = {"failures": "with failures", "unknown": "with unknown outcomes"}
_STATES = [(state.value, state.label) for state in RunState if state != RunState.DRAFT]
_WORDS = {**DID, **OUTCOMES, **{state: label.lower() for state, label in _STATES}}
_SENTENCES = {
    "person": "by “{}”",
    "cmdlet": "cmdlet “{}”",
    "value": "value “{}”",
    "reason": "for “{}”",
    "mine": "by me",
    "readings": READINGS,
}
_TEXTS = ("cmdlet", "organization", "value", "person", "reason", "state", "risk", "outcome")


class RunFilterForm(Sorted, PeriodForm):
    """Filters of the history; days are whole days in UTC."""

    SORTS, FIRST = SORTS, NEWEST_FIRST
    field_order = ("risk", "cmdlet", "organization", "value", "mine", "person", "reason", "state", "outcome")

    cmdlet = text_field("Cmdlet", search=True)
    organization = text_field("Organization")
    value = text_field("Object or value")
    person = text_field("Person")
    reason = text_field("Reason or ticket")
    state = choice_field("State", _STATES)
    risk = choice_field("What it did", DID.items())
    outcome = choice_field("Outcomes", OUTCOMES.items())
    mine = choice_field("Who", [("on", "by me")])
    readings = choice_field("By itself", [("on", READINGS)])

    def __init__(self, actor: Actor, *args: Any) -> None:
        super().__init__(*args)
        self._actor = actor

    def wanted(self, today: date, *, at_any_time: bool = False) -> RunFilter:
        """Return the filter that these values mean; `at_any_time` leaves the period out."""
        chosen = self.chosen()
        since, until = (None, None) if at_any_time else self.moments(today)
        return RunFilter(
            **{name: chosen.get(name, "") for name in _TEXTS},
            readings=bool(chosen.get("readings")),
            requested_by_id=self._actor.id if chosen.get("mine") else "",
            launched_from=since,
            launched_before=until,
        )

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        if name == "organization":
            return f"in {name_of(self._actor, value) or value}"
        if name in ("risk", "outcome", "state"):
            return _WORDS[value]
        return _SENTENCES[name].format(value) if name in _SENTENCES else super().words(name, value)

    @property
    def typed(self) -> list[forms.BoundField]:
        """The fields that are typed into."""
        return [self[name] for name in ("cmdlet", "organization", "person", "state")]

    @property
    def seldom(self) -> list[forms.BoundField]:
        """The fields that are typed into less often: behind "More filters"."""
        return [self[name] for name in ("value", "reason", "since", "until")]

    @property
    def kept(self) -> list[forms.BoundField]:
        """The fields that are one click, kept while others are typed into."""
        return [self[name] for name in ("risk", "outcome", "period", "mine", "readings")]

    def choices(self) -> list[ChoiceRow]:
        """Return the filters that are one click."""
        return [
            ChoiceRow("Did", [self.choice("risk", *each) for each in DID.items()]),
            ChoiceRow("Ended", [self.choice("outcome", *each) for each in OUTCOMES.items()]),
            self.period_choices(),
            ChoiceRow("Who", [self.choice("mine", "on", "by me")]),
            ChoiceRow("By itself", [self.choice("readings", "on", READINGS)]),
        ]

    def day_url(self) -> Callable[[date], str]:
        """Return what gives the address of the list on one day, the other filters as they are."""
        others = self.without("since", "until", "period")
        return lambda day: f"{others}&since={day}&until={day}"

    def shown_days(self, today: date) -> list[date]:
        """Return the days of the wanted period that have come; none when there is no period or it has no beginning."""
        since, until = self.moments(today)
        if since is None:
            return []
        end = min(until.date() if until else today + timedelta(days=1), today + timedelta(days=1))
        return [since.date() + timedelta(days=number) for number in range(min((end - since.date()).days, 366))]
