"""The outcomes of the last days as stacked bars, a bar a day."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from html import escape

from django.utils.safestring import mark_safe

from jobs.web.words import counts_in_words, ordered
from portal.core.pictures import Picture
from portal.core.templatetags.states import look

DAYS = 14
WIDTH, HEIGHT, TOP, BOTTOM, LEFT = 560, 150, 16, 20, 36
_BAR_SHARE = 0.7


def total_of(days: Mapping[date, Mapping[str, int]]) -> list[tuple[str, int]]:
    """Return the states that occur with their numbers over all days, in the order in which every page shows them."""
    total: dict[str, int] = {}
    for of_day in days.values():
        for state, number in of_day.items():
            total[state] = total.get(state, 0) + number
    return ordered(total)


def outcomes_picture(days: Mapping[date, Mapping[str, int]], *, today: date) -> Picture:
    """Return the outcomes of `DAYS` days until `today`, from counts by state."""
    shown = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    counts = [days.get(one, {}) for one in shown]
    caption = f"Outcomes of the last {DAYS} days"
    total = total_of(days)
    states = [state for state, _ in total]
    return Picture(
        svg=mark_safe(_svg(shown, counts, f"{caption}: {counts_in_words(dict(total))}")),  # noqa: S308 - words of our own
        caption=caption,
        columns=["Day (UTC)", *(look(state).label for state in states)],
        rows=[
            [f"{one:%A} {one.day} {one:%B}", *(f"{of_day.get(state, 0):,}" for state in states)]
            for one, of_day in zip(shown, counts, strict=True)
            if of_day
        ],
    )


def _svg(shown: Sequence[date], counts: Sequence[Mapping[str, int]], words: str) -> str:
    most = max(1, *(sum(of_day.values()) for of_day in counts))
    step = (WIDTH - LEFT) / DAYS
    bars = "".join(
        _bar(one, of_day, LEFT + place * step, step, most)
        for place, (one, of_day) in enumerate(zip(shown, counts, strict=True))
    )
    return (
        f'<svg class="outcomes" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}">'
        f"{_scale(most)}{bars}</svg>"
    )


def _scale(most: int) -> str:
    floor = HEIGHT - BOTTOM
    return (
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH}" y1="{TOP}" y2="{TOP}"/>'
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH}" y1="{floor}" y2="{floor}"/>'
        f'<text class="axis-text" x="{LEFT - 6}" y="{TOP + 4}" text-anchor="end">{most:,}</text>'
        f'<text class="axis-text" x="{LEFT - 6}" y="{floor + 4}" text-anchor="end">0</text>'
    )


def _bar(one: date, of_day: Mapping[str, int], left: float, step: float, most: int) -> str:
    room, bottom, parts = HEIGHT - TOP - BOTTOM, float(HEIGHT - BOTTOM), []
    for state, number in ordered(of_day):
        height = room * number / most
        bottom -= height
        parts.append(
            f'<rect class="state-mark state-{look(state).tone} bar-part" x="{left + step * (1 - _BAR_SHARE) / 2:.1f}" '
            f'y="{bottom:.2f}" width="{step * _BAR_SHARE:.1f}" height="{height:.2f}"/>'
        )
    words = escape(f"{one.day} {one:%B}: {counts_in_words(of_day)}")
    weekday = (
        f'<text class="axis-text" x="{left + step / 2:.1f}" y="{HEIGHT - 5}" text-anchor="middle">{one.day}</text>'
    )
    return f"<g><title>{words}</title>{''.join(parts)}{weekday}</g>"
