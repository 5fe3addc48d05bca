"""Relationships over time as bars: from when to when each one gave access, and where today is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

from django.utils import timezone
from django.utils.safestring import mark_safe

from portal.core.pictures import Picture
from portal.core.templatetags.presentation import counted, day
from portal.core.templatetags.states import look
from tenants.relationships.selectors import RelationshipView

_WIDTH, _ROW, _BAR, _FOOT = 720, 26, 14, 20
_LETTERS = 60
_DATE = 130
_LASTS = frozenset({"active", "expiring", "activating", "approved"})


def relationship_picture(relationships: Sequence[RelationshipView]) -> Picture | None:
    """Return the bars with their table, the first relationship on top; None when none was ever active."""
    spans = sorted(
        ((each.activated_at, _end(each), each) for each in relationships if each.activated_at and each.end_at),
        key=lambda span: span[0],
    )
    if not spans:
        return None
    now = timezone.now()
    first = min(now - timedelta(days=30), *(begin for begin, _, _ in spans))
    last = max(now + timedelta(days=30), *(end for _, end, _ in spans))
    scale = _WIDTH / (last - first).total_seconds()

    def at(moment: datetime) -> float:
        return (moment - first).total_seconds() * scale

    bars = "".join(_bar(number, at(begin), at(end), each) for number, (begin, end, each) in enumerate(spans))
    height = len(spans) * _ROW + _FOOT
    words = escape(f"{counted(len(spans), 'relationship')} from {day(first)} to {day(last)}; today is marked.")
    today = at(now)
    svg = (
        f'<svg class="relationship-picture" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{words}">'
        f'{bars}<line class="today" x1="{today:.1f}" y1="0" x2="{today:.1f}" y2="{height - _FOOT}"/>'
        f'<text class="date" x="0" y="{height - 5}">{day(first)}</text>'
        f"{_today(today, height)}"
        f'<text class="date date-end" x="{_WIDTH}" y="{height - 5}">{day(last)}</text></svg>'
    )
    rows = [[each.display_name, look(each.status).label, day(begin), _until(each)] for begin, _, each in spans]
    columns = ("Relationship", "State", "Active since", "Until")
    return Picture(mark_safe(svg), "Relationships over time", columns, rows)  # noqa: S308 - names are escaped


def _today(left: float, height: int) -> str:
    """Return the word under today's line, where it does not cover the first or the last day."""
    if not _DATE < left < _WIDTH - _DATE:
        return ""
    return f'<text class="date date-today" x="{left:.1f}" y="{height - 5}">today</text>'


def _end(relationship: RelationshipView) -> datetime:
    """Return when it ends; one that was ended before its time is known only to have ended before it was read."""
    end = relationship.end_at or relationship.read_at
    return end if relationship.status in _LASTS else min(end, relationship.read_at)


def _until(relationship: RelationshipView) -> str:
    end = _end(relationship)
    return day(end) if end == relationship.end_at else f"some day before {day(end)}"


def _bar(number: int, left: float, right: float, relationship: RelationshipView) -> str:
    name = relationship.display_name
    shown = escape(name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…")
    top = number * _ROW
    tone = look(relationship.status).tone
    return (
        f'<text class="bar-name" x="0" y="{top + 9}">{shown}</text>'
        f'<rect class="state-mark state-{tone} bar-part" x="{left:.1f}" y="{top + 12}" '
        f'width="{max(2.0, right - left):.1f}" height="{_BAR - 4}" rx="2"/>'
    )
