"""The calendar of runs: a cell per day of the last 53 weeks, darker where more was launched."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from statistics import quantiles

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from jobs.runs.calendar import WEEKS, Day, first_day
from jobs.web.words import counted
from portal.core.pictures import Picture

_STEP, _SIZE, _LEFT, _TOP = 17, 14, 32, 18
_WIDTH, _HEIGHT = _LEFT + WEEKS * _STEP, _TOP + 7 * _STEP
_WEEKDAYS = {0: "Mon", 2: "Wed", 4: "Fri"}

DayUrl = Callable[[date], str]


def calendar_picture(days: Sequence[Day], *, today: date, url_of: DayUrl, shown: Sequence[date]) -> Picture:
    """Return the calendar that ends with `today`; `url_of` leads to a day, the days in `shown` are framed."""
    by_day, cuts = {each.day: each for each in days}, _cuts([each.runs for each in days])
    first = first_day(today)
    cells = [
        _cell(first + timedelta(days=number), number, by_day, cuts, url_of, shown)
        for number in range((today - first).days + 1)
    ]
    svg = (
        f'<svg class="calendar" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="group" '
        f'aria-label="{escape(summary(days))}">{_months(first)}{_weekdays()}{"".join(cells)}</svg>'
    )
    rows = [_row(each, url_of) for each in reversed(days)]
    columns = ("Day (UTC)", "Runs", "Not only reading", "Organizations", "With failures", "With unknown outcomes")
    return Picture(mark_safe(svg), "Runs by day", columns, rows)  # noqa: S308 - numbers, and escaped words


def summary(days: Sequence[Day]) -> str:
    """Return what the calendar shows, numbers first."""
    if not days:
        return f"No runs in the last {WEEKS} weeks"
    runs, busiest = sum(each.runs for each in days), max(days, key=lambda each: each.runs)
    troubled = sum(1 for each in days if each.with_failures or each.with_unknown)
    return (
        f"{counted(runs, 'run')} in the last {WEEKS} weeks, on {counted(len(days), 'day')}; "
        f"most on {spoken(busiest.day)}: {busiest.runs:,}; failures or unknown outcomes on {counted(troubled, 'day')}"
    )


def spoken(day: date) -> str:
    """Return a day as "Tue 3 March 2027"."""
    return f"{day:%a} {day.day} {day:%B %Y}"


def _cell(
    day: date, number: int, by_day: Mapping[date, Day], cuts: Sequence[float], url_of: DayUrl, shown: Sequence[date]
) -> str:
    week, weekday = divmod(number, 7)
    x, y = _LEFT + week * _STEP, _TOP + weekday * _STEP
    chosen, figures = " is-chosen" if day in shown else "", by_day.get(day)
    level = 1 + bisect_left(cuts, figures.runs) if figures else 0
    box = f'<rect class="day level-{level}{chosen}" x="{x}" y="{y}" width="{_SIZE}" height="{_SIZE}" rx="2"/>'
    if figures is None:
        return box
    words = escape(f"{spoken(day)}: {_words(figures)}")
    return (
        f'<a href="{escape(url_of(day))}" tabindex="-1" aria-label="{words}"><title>{words}</title>{box}'
        f"{_mark(figures, x, y)}</a>"
    )


def _mark(figures: Day, x: int, y: int) -> str:
    """Return the sign of trouble: a corner for failures, a ring for unknown outcomes."""
    corner = f'<path class="mark-failures" d="M{x + _SIZE} {y}v8l-8-8z"/>' if figures.with_failures else ""
    ring = f'<circle class="mark-unknown" cx="{x + 5}" cy="{y + 9}" r="3"/>' if figures.with_unknown else ""
    return corner + ring


def _words(figures: Day) -> str:
    parts = [counted(figures.runs, "run"), counted(figures.organizations, "organization")]
    parts += [f"{figures.changing:,} not only reading"] if figures.changing else []
    parts += [f"{figures.with_failures:,} with failures"] if figures.with_failures else []
    parts += [f"{figures.with_unknown:,} with unknown outcomes"] if figures.with_unknown else []
    return ", ".join(parts)


def _cuts(numbers: Sequence[int]) -> list[float]:
    """Return what parts the days into quarters from quiet to busy, so that one busy day does not pale the others."""
    return quantiles(numbers, n=4) if len(numbers) > 1 else []


def _months(first: date) -> str:
    weeks = [first + timedelta(weeks=week) for week in range(WEEKS)]
    starts = [(week, day) for week, day in enumerate(weeks) if week and day.month != weeks[week - 1].month]
    return "".join(
        f'<text class="calendar-word" x="{_LEFT + week * _STEP}" y="{_TOP - 6}">{day:%b}</text>' for week, day in starts
    )


def _weekdays() -> str:
    return "".join(
        f'<text class="calendar-word" x="0" y="{_TOP + weekday * _STEP + 11}">{word}</text>'
        for weekday, word in _WEEKDAYS.items()
    )


def _row(figures: Day, url_of: DayUrl) -> list[str | SafeString]:
    link = format_html('<a href="{}">{}</a>', url_of(figures.day), spoken(figures.day))
    numbers = (figures.runs, figures.changing, figures.organizations, figures.with_failures, figures.with_unknown)
    return [link, *(f"{number:,}" for number in numbers)]
