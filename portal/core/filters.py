"""Filters that live in the address of a list: what was understood, in words, and what was ignored, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

NOT_FILTERS = frozenset({"cursor", "sort", "all"})
"""What the address of a list may say beside its filters."""

_LONGEST = 60
_FEW = 5


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in words; `url` is the list without it."""

    words: str
    url: str


class FilterForm(forms.Form):
    """A form whose unreadable fields filter nothing and say so."""

    together: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Fields that are one filter in words, so that one click takes all of them away."""

    def chosen(self) -> Mapping[str, Any]:
        """Return the readable values that filter something, by field."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.chosen())

    def words(self, name: str, value: Any) -> str:
        """Return what a filter says, in a few words; empty when another one says it too."""
        return f"{self.fields[name].label}: {value}"

    def chips(self) -> list[Chip]:
        """Return the filters in words, in the order of the fields."""
        said = ((name, self.words(name, value)) for name, value in self.chosen().items())
        return [Chip(words, self.without(*self._with(name))) for name, words in said if words]

    def without(self, *names: str) -> str:
        """Return the address of the list without these filters."""
        return address(self.data, dict.fromkeys((*names, "cursor")))

    def ignored(self) -> list[str]:
        """Return a sentence for everything in the address that filters nothing."""
        self.is_valid()
        wrong = [
            f"{self.fields[name].label} “{_short(self.data.get(name, ''))}” was ignored. {' '.join(map(str, errors))}"
            for name, errors in self.errors.items()
            if name in self.fields
        ]
        whole = [str(error) for error in self.non_field_errors()]
        strange = [name for name in self.data if name not in self.fields and name not in NOT_FILTERS]
        return [*whole, *wrong, *(f"“{_short(name)}” was ignored: this list has no such filter." for name in strange)]

    def _with(self, name: str) -> Iterable[str]:
        return next((names for names in self.together if name in names), (name,))


def address(query: Mapping[str, Any], changes: Mapping[str, str | None]) -> str:
    """Return the query of a list with some of its filters changed, or taken away where the change is None."""
    changed = query.copy() if isinstance(query, QueryDict) else QueryDict(mutable=True)
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return f"?{changed.urlencode() or 'all=1'}"


def text_field(label: str, *, search: bool = False, length: int = 200) -> forms.CharField:
    """Return a field for words to be looked for."""
    return forms.CharField(
        label=label,
        max_length=length,
        required=False,
        widget=forms.TextInput({"type": "search"} if search else {}),
        error_messages={"max_length": f"It is longer than {length} characters."},
    )


def choice_field(label: str, choices: Iterable[tuple[str, str]], *, any_word: str = "Any") -> forms.ChoiceField:
    """Return a field for one of a few values."""
    known = list(choices)
    return forms.ChoiceField(
        label=label,
        choices=[("", any_word), *known],
        required=False,
        error_messages={"invalid_choice": _known(known)},
    )


def _known(choices: Sequence[tuple[str, str]]) -> str:
    few = len(choices) <= _FEW
    return f"Known are: {', '.join(value for value, _ in choices)}." if few else "Choose one from the list."


def day_field(label: str) -> forms.DateField:
    """Return a field for a day in UTC."""
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write a day as 2027-03-31."},
    )


class PeriodForm(FilterForm):
    """A filter form with a period: a word such as "last month", or two days, both included and in UTC."""

    PERIODS: ClassVar[dict[str, str]] = {
        "today": "today",
        "week": "last 7 days",
        "month": "this month",
        "last-month": "last month",
    }
    together = (("since", "until"),)

    period = choice_field("Period", PERIODS.items(), any_word="Any time")
    since = day_field("From")
    until = day_field("To")

    def clean(self) -> dict[str, Any]:
        """Ignore days in the wrong order, and a word where days are given."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            cleaned.update(since=None, until=None)
            self.add_error(None, f"The days were ignored: from {_day(since)} to {_day(until)} runs backwards.")
        elif cleaned.get("period") and (since or until):
            cleaned["period"] = ""
            self.add_error(None, "The period was ignored: the days say more exactly when.")
        return cleaned

    def moments(self, today: date) -> tuple[datetime | None, datetime | None]:
        """Return from when on (included) and up to when (not included), aware UTC; None where it is open."""
        chosen = self.chosen()
        first, last = days_of(chosen["period"], today) if chosen.get("period") else (None, None)
        first, last = chosen.get("since", first), chosen.get("until", last)
        return _midnight(first), _midnight(last + timedelta(days=1)) if last and last < date.max else None

    def words(self, name: str, value: Any) -> str:
        """Return the period in words."""
        since, until = self.chosen().get("since"), self.chosen().get("until")
        if name == "period":
            return self.PERIODS[value]
        if name == "until" and since:
            return ""
        if name in ("since", "until"):
            if since == until:
                return f"on {_day(value)}"
            return " ".join(part for part in (since and f"from {_day(since)}", until and f"to {_day(until)}") if part)
        return super().words(name, value)


def days_of(period: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a period that ends with `today` or before."""
    month = today.replace(day=1)
    if period == "week":
        return today - timedelta(days=6), today
    if period == "month":
        return month, today
    if period == "last-month":
        last = month - timedelta(days=1)
        return last.replace(day=1), last
    return today, today


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
