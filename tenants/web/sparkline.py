"""The outcomes of the last runs in one organization as a tiny picture: a bar each, the newest on the right."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe

from portal.core.pictures import Picture
from portal.core.templatetags.presentation import day
from portal.core.templatetags.states import look
from tenants.organizations.outcomes import LOOKED_AT, Outcome

_STEP, _WIDTH, _HEIGHT = 4, 3, 16
# Failures are tall and successes low: colour is never the only signal.
_HEIGHTS = {"succeeded": 6, "skipped": 3, "cancelled": 3}


def sparkline(outcomes: Sequence[Outcome]) -> SafeString:
    """Return the picture of `outcomes` (the newest first), with its numbers in words as the text alternative."""
    words = escape(_words(outcomes))
    bars = "".join(
        _bar(outcome, (LOOKED_AT - 1 - position) * _STEP) for position, outcome in enumerate(outcomes[:LOOKED_AT])
    )
    width = LOOKED_AT * _STEP
    return mark_safe(  # noqa: S308 - numbers, states of ours, and words that are escaped
        f'<svg class="sparkline" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}" role="img" '
        f'aria-label="{words}"><title>{words}</title>{bars}</svg>'
    )


def sparkline_picture(outcomes: Sequence[Outcome]) -> Picture:
    """Return the picture of `outcomes` with its table."""
    rows = [[day(each.ended_at), each.cmdlet, look(each.state).label, each.cause] for each in outcomes]
    return Picture(sparkline(outcomes), "The last outcomes here", ("Ended", "Cmdlet", "Outcome", "Cause"), rows)


def _bar(outcome: Outcome, left: int) -> str:
    height = _HEIGHTS.get(outcome.state, _HEIGHT)
    tone = look(outcome.state).tone
    return (
        f'<rect class="state-mark state-{tone}" x="{left}" y="{_HEIGHT - height}" width="{_WIDTH}" height="{height}"/>'
    )


def _words(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(look(outcome.state).label.lower() for outcome in outcomes)
    number = len(outcomes)
    last = "the last run" if number == 1 else f"the last {number} runs"
    return f"{last[0].upper()}{last[1:]}: " + ", ".join(f"{counts[word]} {word}" for word in counts)
