"""Pictures of a run, as markup: the board, a cell each, and the bar of outcomes.

Built here and not in a template because a thousand cells through a template loop take thirty times as long.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from jobs.results.explanations import explanation_of
from jobs.runs.selectors import Cell
from jobs.runs.states import TargetState
from jobs.web.words import counts_in_words, ordered
from portal.core.templatetags.states import look

MARKS = {
    TargetState.QUEUED: "·",
    TargetState.RUNNING: "▸",
    TargetState.SUCCEEDED: "✓",
    TargetState.FAILED: "✗",
    TargetState.ERRORED: "!",
    TargetState.UNKNOWN: "?",
    TargetState.SKIPPED: "»",
    TargetState.DENIED: "⊘",
    TargetState.CANCELLED: "■",
}
"""The sign of each state inside a cell: colour is never the only signal."""

_NIL = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One state that occurs: the classes and mark of its cells, its word, its number, and where to see only it."""

    state: str
    classes: str
    mark: str
    word: str
    number: int
    url: str


def board_markup(cells: Iterable[Cell]) -> SafeString:
    """Return one link per organization."""
    address, _, rest = reverse("jobs:target", args=[_NIL]).partition(_NIL)
    words = _Words()
    return mark_safe(  # noqa: S308 - every text from outside is escaped in _cell
        "".join(_cell(cell, address, rest, words) for cell in cells)
    )


def _cell(cell: Cell, address: str, rest: str, words: "_Words") -> str:
    tone, mark, label = words.of(cell.state, cell.error_class)
    title = escape(f"{cell.organization_name}: {label}")
    return (
        f'<a id="cell-{cell.position}" class="cell state-mark state-{tone} cell-{cell.state}" '
        f'href="{address}{cell.target_id}{rest}" title="{title}" aria-label="{title}">{mark}</a>'
    )


class _Words:
    """Tone, mark and words of each pair of state and error class, looked up once per board."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[str, str, str]] = {}

    def of(self, state: str, error_class: str) -> tuple[str, str, str]:
        key = (state, error_class)
        if key not in self._known:
            seen = look(state)
            cause = f", {explanation_of(error_class).title}" if error_class else ""
            self._known[key] = (seen.tone, MARKS[TargetState(state)], f"{seen.label}{cause}")
        return self._known[key]


def legend(counts: Mapping[str, int], url: str) -> list[LegendItem]:
    """Return each state that occurs; `url` is the list that it narrows."""
    return [
        LegendItem(
            s, f"state-{look(s).tone} cell-{s}", MARKS[TargetState(s)], look(s).label, number, f"{url}?state={s}"
        )
        for s, number in ordered(counts)
    ]


def bar_markup(counts: Mapping[str, int], *, width: int, height: int) -> SafeString:
    """Return the outcomes as one stacked bar (SVG), with its numbers in words as the text alternative."""
    total, left, parts = max(1, sum(counts.values())), 0.0, []
    for state, number in ordered(counts):
        share = width * number / total
        parts.append(
            f'<rect class="state-mark state-{look(state).tone} bar-part" x="{left:.2f}" y="0" '
            f'width="{share:.2f}" height="{height}"/>'
        )
        left += share
    words = escape(counts_in_words(counts))
    return mark_safe(  # noqa: S308 - numbers, and words of our own
        f'<svg class="bar-picture" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'preserveAspectRatio="none" role="img" aria-label="{words}"><title>{words}</title>'
        f'<rect class="bar-ground" width="{width}" height="{height}"/>{"".join(parts)}</svg>'
    )
