"""The time about which the page "who could do what" is asked, as it stands in the address."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from portal.core.filters import FilterForm, day_field
from tenants.relationships.standing import Span


class AccessForm(FilterForm):
    """A day, or a moment of it; and two days to be compared. All of it in UTC."""

    on = day_field("On")
    at = forms.TimeField(
        label="At",
        required=False,
        input_formats=["%H:%M"],
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "Write a time as 08:30."},
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.fields["from"] = day_field("From")
        self.fields["to"] = day_field("To")

    def clean(self) -> dict[str, Any]:
        """Ignore what lies ahead, days in the wrong order, a time without its day, and half a comparison."""
        cleaned = super().clean() or self.cleaned_data
        today = datetime.now(UTC).date()
        for name in ("on", "from", "to"):
            value = cleaned.get(name)
            if value and value > today:
                cleaned[name] = None
                self.add_error(None, f"“{value}” was ignored: nobody can know yet what will be then.")
        if cleaned.get("at") and not cleaned.get("on"):
            cleaned["at"] = None
            self.add_error(None, "The time was ignored: it needs a day.")
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and first >= last:
            cleaned.update({"from": None, "to": None})
            self.add_error(None, f"The comparison was ignored: from {first} to {last} does not run forwards.")
        elif last and not first:
            cleaned["to"] = None
            self.add_error(None, "The comparison was ignored: it needs a day to begin with.")
        return cleaned

    def span(self, now: datetime, last_read_at: datetime | None) -> Span:
        """Return the time that is asked about: the moment, the whole day, or now, which is the last reading.

        Of a day that is not over, what lies behind its last reading is left out: nobody has looked since.
        """
        chosen = self.chosen()
        day: date | None = chosen.get("on")
        if day is None:
            return Span(last_read_at or now, last_read_at or now)
        if chosen.get("at") is not None:
            moment = min(datetime.combine(day, chosen["at"], UTC), now)
            return Span(moment, moment)
        begin = datetime.combine(day, time(), UTC)
        end = min(begin + timedelta(days=1) - timedelta(microseconds=1), now)
        return Span(begin, last_read_at if last_read_at and begin <= last_read_at < end == now else end)

    def comparison(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Return the ends of the two days to be compared, the second one now when it is missing."""
        chosen = self.chosen()
        if not chosen.get("from"):
            return None
        return _end(chosen["from"], now), _end(chosen["to"], now) if chosen.get("to") else now

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields about one time."""
        return [self["on"], self["at"]]

    @property
    def compared(self) -> list[forms.BoundField]:
        """The fields of the comparison."""
        return [self["from"], self["to"]]


def _end(day: date, now: datetime) -> datetime:
    return min(datetime.combine(day, time.max, UTC), now)
