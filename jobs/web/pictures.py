"""How the outcomes of a run look: the mark of each state, and the bar of all of them."""

from collections.abc import Mapping
from html import escape

from django.utils.safestring import SafeString, mark_safe

from jobs.runs.states import TargetState, Verdict
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

VERDICT_MARKS = {Verdict.APPLIED: "✓", Verdict.NOT_APPLIED: "✗", Verdict.NEEDS_PERSON: "!"}
"""The sign of an unknown outcome about which something was found out, in the cell of an unknown one."""


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
