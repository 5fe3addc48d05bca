"""The drawing of a time line: bars that stretch with the page, an axis whose words do not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from jobs.results.explanations import explanation_of
from jobs.web.time_line import Bar, TimeLine, Wait, length
from jobs.web.words import counted
from portal.core.pictures import Picture
from portal.core.templatetags.states import look

WIDTH = 1000
HEIGHT = 240
AXIS = 22
WAITS_HEIGHT = 36
TALLEST_BAR = 14
NAMED_AT_MOST = 400
NAMED_BYTES = 50_000
"""Up to so many attempts and bytes each bar has its name; beyond, one shape per state keeps the picture small."""
PIECES_AT_MOST = 2000
LONGEST_SHOWN = 20
NAME_AT_MOST = 60
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_COLUMNS = ("Organization", "Outcome", "Attempts", "Began after", "Took", "Waited between")


def time_line_picture(line: TimeLine) -> Picture:
    """Return `line` as a drawing, and the organizations that took longest as its table."""
    bar_height = max(2.0, min(TALLEST_BAR, HEIGHT / line.rows))
    bars_height = bar_height * line.rows
    waits_height = WAITS_HEIGHT if line.waits else 0
    height = bars_height + waits_height + AXIS
    drawn = _named(line, bar_height) if len(line.bars) <= NAMED_AT_MOST else ""
    if not drawn or len(drawn.encode()) > NAMED_BYTES:
        drawn = _shapes(line, bar_height)
    inner = "".join((drawn, _waiting(line, bars_height, waits_height)))
    svg = (
        f'<svg class="time-line" role="img" aria-label="{escape(line.sentence)}" width="100%" height="{height:.0f}">'
        f"{_grid(line, height)}"
        f'<svg width="100%" height="{bars_height + waits_height:.0f}" viewBox="0 0 {WIDTH} '
        f'{bars_height + waits_height:.0f}" preserveAspectRatio="none">{inner}</svg></svg>'
    )
    return Picture(
        svg=mark_safe(svg),  # noqa: S308 - numbers, states of ours, and names that are escaped
        caption="The organizations that took longest",
        columns=_COLUMNS,
        rows=_longest(line),
    )


def _named(line: TimeLine, height: float) -> str:
    """Return a rectangle per attempt that says where, how and how long."""
    scale = WIDTH / line.seconds
    return "".join(
        f'<rect class="state-mark state-{look(bar.state).tone} bar-{bar.state}" data-target="{bar.made.target_id}" '
        f'x="{bar.start * scale:.1f}" y="{bar.row * height:.1f}" width="{_width(bar, scale):.1f}" '
        f'height="{_thickness(height):.1f}"><title>{escape(_title(bar))}</title></rect>'
        for bar in line.bars
    )


def _shapes(line: TimeLine, height: float) -> str:
    """Return one shape per state; neighbours in a row that nobody could tell apart are drawn as one."""
    scale, gap = WIDTH / line.seconds, 0.6
    pieces = _merged(line.bars, scale, gap)
    while len(pieces) > PIECES_AT_MOST:
        gap *= 2
        pieces = _merged(line.bars, scale, gap)
    thick = f"{_thickness(height):.1f}"
    paths: dict[str, list[str]] = {}
    for state, row, left, right in pieces:
        across = f"{right - left:.1f}"
        paths.setdefault(state, []).append(f"M{left:.1f} {row * height:.1f}h{across}v{thick}h-{across}z")
    numbers = Counter(bar.state for bar in line.bars)
    return "".join(
        f'<path class="state-mark state-{look(state).tone} bar-{state}" d="{"".join(parts)}">'
        f"<title>{counted(numbers[state], 'attempt')}: {_ending(state)}</title></path>"
        for state, parts in paths.items()
    )


def _merged(bars: Iterable[Bar], scale: float, gap: float) -> list[tuple[str, int, float, float]]:
    """Return state, row, left and right of each piece, in the order of rows and time."""
    pieces: list[tuple[str, int, float, float]] = []
    for bar in sorted(bars, key=lambda bar: (bar.row, bar.start)):
        left = bar.start * scale
        right = left + _width(bar, scale)
        if pieces and pieces[-1][:2] == (bar.state, bar.row) and left - pieces[-1][3] < gap:
            pieces[-1] = (bar.state, bar.row, pieces[-1][2], max(right, pieces[-1][3]))
        else:
            pieces.append((bar.state, bar.row, left, right))
    return pieces


def _waiting(line: TimeLine, top: float, height: int) -> str:
    """Return how many organizations waited for another attempt at each moment, as an area."""
    if not line.waits:
        return ""
    steps = _steps(line.waits)
    most, scale, bottom = max(number for _, number in steps), WIDTH / line.seconds, top + height
    path = [f"M0 {bottom:.1f}"]
    for moment, number in steps:
        path.append(f"H{moment * scale:.1f}V{bottom - (height - 6) * number / most:.1f}")
    causes = Counter(explanation_of(wait.error_class).title for wait in line.waits)
    words = ", ".join(f"{counted(number, 'wait')}: {cause}" for cause, number in causes.most_common(5))
    return (
        f'<path class="time-line-waits" d="{"".join(path)}V{bottom:.1f}z"><title>Waiting for another attempt, at most '
        f"{counted(most, 'organization')} at once. {escape(words)}</title></path>"
    )


def _steps(waits: Sequence[Wait]) -> list[tuple[float, int]]:
    """Return the moments at which the number of those who wait changes, each with the number from then on."""
    changes = Counter[float]()
    for wait in waits:
        changes[round(wait.start, 2)] += 1
        changes[round(wait.end, 2)] -= 1
    steps, number = [], 0
    for moment in sorted(changes):
        number += changes[moment]
        steps.append((moment, number))
    return steps


def _grid(line: TimeLine, height: float) -> str:
    """Return the axis: a line and a word at each tick, in seconds since the first claim."""
    step = next((step for step in _STEPS if line.seconds / step <= 6), line.seconds)
    marks = []
    for number in range(int(line.seconds / step) + 1):
        at = 100 * number * step / line.seconds
        anchor = "start" if number == 0 else "end" if at > 96 else "middle"
        marks.append(
            f'<line class="time-line-grid" x1="{at:.2f}%" x2="{at:.2f}%" y1="0" y2="{height - AXIS + 4:.0f}"/>'
            f'<text class="time-line-tick" x="{at:.2f}%" y="{height - 6:.0f}" text-anchor="{anchor}">'
            f"{_tick(number * step)}</text>"
        )
    return "".join(marks)


def _tick(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s" if seconds == int(seconds) else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _longest(line: TimeLine) -> list[tuple[SafeString, str, str, str, str, str]]:
    waited: dict[UUID, float] = {}
    for wait in line.waits:
        waited[wait.target_id] = waited.get(wait.target_id, 0.0) + wait.end - wait.start
    spans: dict[UUID, list[Bar]] = {}
    for bar in line.bars:
        spans.setdefault(bar.made.target_id, []).append(bar)
    longest = sorted(spans.items(), key=lambda item: item[1][0].start - item[1][-1].end)[:LONGEST_SHOWN]
    return [
        (
            _link(bars[0]),
            look(bars[0].made.state).label,
            str(len(bars)),
            length(bars[0].start),
            length(bars[-1].end - bars[0].start),
            length(waited[target_id]) if target_id in waited else "",
        )
        for target_id, bars in longest
    ]


def _link(bar: Bar) -> SafeString:
    address = reverse("jobs:target", args=[bar.made.target_id])
    return format_html('<a href="{}">{}</a>', address, bar.made.organization_name)


def _title(bar: Bar) -> str:
    name = bar.made.organization_name
    name = name if len(name) <= NAME_AT_MOST else f"{name[:NAME_AT_MOST]}…"
    cause = f", {explanation_of(bar.made.error_class).title}" if bar.made.error_class else ""
    return f"{name}: {_ending(bar.state)}{cause}, {length(bar.end - bar.start)}"


def _ending(state: str) -> str:
    return "led to another attempt" if state == "queued" else look(state).label.lower()


def _width(bar: Bar, scale: float) -> float:
    return max((bar.end - bar.start) * scale, 0.8)


def _thickness(height: float) -> float:
    return height - 1 if height >= 4 else height * 0.8
