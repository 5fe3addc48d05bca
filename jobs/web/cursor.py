"""The cursor of a live page: up to where somebody has seen a run change."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobs.runs.models import Run
from jobs.runs.selectors import OVERLAP, Cell
from jobs.web.hindrance import Hindrance

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The newest change seen, in microseconds since 1970, and a checksum over everything near it.

    The checksum notices a change that was stamped earlier than the newest one but committed after it.
    """

    newest: int
    checksum: int

    def __str__(self) -> str:
        return f"{self.newest}-{self.checksum:08x}"

    @property
    def since(self) -> datetime:
        """From when on changes may be unseen (aware UTC)."""
        return _EPOCH + timedelta(microseconds=self.newest) - OVERLAP


def read_cursor(text: str) -> Cursor | None:
    """Return the cursor that `text` says, or None when it is unreadable: then everything counts as unseen."""
    newest, _, checksum = text.partition("-")
    try:
        cursor = Cursor(int(newest), int(checksum, 16))
        cursor.since  # noqa: B018 - raises when the number is no time
    except (ValueError, OverflowError):
        return None
    return cursor


def cursor_of(run: Run, cells: Sequence[Cell], hindrance: Hindrance) -> Cursor:
    """Return the cursor of somebody who has seen `cells` (all, or all changes since an earlier cursor) and `run`."""
    newest = max((cell.changed_at for cell in cells), default=_EPOCH)
    near = [(cell.position, cell.state, cell.changed_at) for cell in cells if cell.changed_at >= newest - OVERLAP]
    stopped = (run.cancel_requested_at is not None, hindrance.stop is not None)
    waiting = (list(hindrance.waits), list(hindrance.pauses))
    seen = (run.state, run.share, stopped, hindrance.broker_away, waiting, near)
    return Cursor((newest - _EPOCH) // timedelta(microseconds=1), zlib.crc32(repr(seen).encode()))
