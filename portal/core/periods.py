"""A period as a filter: a word such as "last month", or two days."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from portal.core.filters import ChoiceRow, FilterForm, choice_field, day_field

DAYS = ("since", "until")


class PeriodForm(FilterForm):
    """A filter form with a period: a word such as "last month", or two days, both included and in UTC."""

    PERIODS: ClassVar[dict[str, str]] = {
        "today": "today",
        "week": "last 7 days",
        "month": "this month",
        "last-month": "last month",
    }
    together = (DAYS,)

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

    def period_choices(self) -> ChoiceRow:
        """Return the words for periods as links."""
        return ChoiceRow("When", [self.choice("period", *each, instead_of=DAYS) for each in self.PERIODS.items()])

    def words(self, name: str, value: Any) -> str:
        """Return the period in words."""
        since, until = self.chosen().get("since"), self.chosen().get("until")
        if name == "period":
            return self.PERIODS[value]
        if name == "until" and since:
            return ""
        if name in DAYS:
            if since == until:
                return f"on {_day(value)}"
            if since and until and days_of_month(since) == (since, until):
                return f"in {since:%B %Y}"
            return " ".join(part for part in (since and f"from {_day(since)}", until and f"to {_day(until)}") if part)
        return super().words(name, value)


def days_of_month(day: date) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def days_of(period: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a period that ends with `today` or before."""
    month = today.replace(day=1)
    if period == "week":
        return today - timedelta(days=6), today
    if period == "month":
        return month, today
    if period == "last-month":
        return days_of_month(month - timedelta(days=1))
    return today, today


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
