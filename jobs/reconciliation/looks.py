"""When an unknown outcome is looked at: soon, then with growing pauses, and surely once the call cannot go on."""

from datetime import datetime, timedelta

MOST_IN_VAIN = 10
"""After so many looks that could not be read, a person is asked."""
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)
_MOMENT = timedelta(seconds=1)


def next_look(looks: int, *, looked_at: datetime, ends_by: datetime) -> datetime:
    """Return when to look again after `looks` looks, the last at `looked_at`.

    `ends_by` is when the call cannot go on any more: the first look after that decides, so none is put off beyond it.
    """
    doublings = min(looks, MOST_IN_VAIN)
    due = looked_at + min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)
    return min(due, ends_by + _MOMENT) if looked_at <= ends_by else due
