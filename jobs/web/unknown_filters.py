"""Filters of the unknown outcomes, in words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from jobs.reconciliation.selectors import NEWEST_FIRST, SORTS
from jobs.reconciliation.unknown_filter import VERDICTS, UnknownFilter
from jobs.web.run_related_filters import RunRelatedFilterForm
from portal.core.filters import ChoiceRow, choice_field, text_field


class UnknownFilterForm(RunRelatedFilterForm):
    """Filters of the unknown outcomes; days are about when the answer was lost."""

    SORTS, FIRST = SORTS, NEWEST_FIRST
    field_order = ("verdict", "organization", "cmdlet", "person", "run")

    verdict = choice_field("What is known", VERDICTS.items())
    organization = text_field("Organization", search=True)
    cmdlet = text_field("Cmdlet")
    person = text_field("Person")

    def wanted(self, today: date) -> UnknownFilter:
        """Return the filter that these values mean."""
        chosen = self.chosen()
        since, until = self.moments(today)
        return UnknownFilter(
            **{name: chosen.get(name, "") for name in ("organization", "cmdlet", "person", "verdict")},
            run_id=chosen.get("run"),
            from_=since,
            before=until,
        )

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        said = {
            "verdict": lambda: VERDICTS[value],
            "cmdlet": lambda: f"cmdlet “{value}”",
            "person": lambda: f"by “{value}”",
        }
        return said[name]() if name in said else super().words(name, value)

    @property
    def typed(self) -> list[forms.BoundField]:
        """The fields that are typed into."""
        return [self[name] for name in ("organization", "cmdlet", "person")]

    @property
    def seldom(self) -> list[forms.BoundField]:
        """The fields that are typed into less often: behind "More filters"."""
        return [self[name] for name in ("run", "since", "until")]

    @property
    def kept(self) -> list[forms.BoundField]:
        """The fields that are one click, kept while others are typed into."""
        return [self[name] for name in ("verdict", "period")]

    def choices(self, numbers: Mapping[str, int]) -> list[ChoiceRow]:
        """Return the filters that are one click; `numbers` are how many outcomes there are of each verdict."""
        return [
            ChoiceRow(
                "What is known",
                [self.choice("verdict", key, f"{word} ({numbers.get(key, 0):,})") for key, word in VERDICTS.items()],
            ),
            self.period_choices(),
        ]
