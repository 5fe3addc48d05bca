"""When a run was at which organization: attempts laid out over time, a row per slot of a worker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from statistics import median
from uuid import UUID

from jobs.runs.attempts import Try
from jobs.runs.states import TargetState
from jobs.web.words import counted, duration

DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt: in which row, from when to when (seconds since the first claim), and how it ended."""

    row: int
    start: float
    end: float
    state: str
    made: Try


@dataclass(frozen=True, slots=True)
class Wait:
    """One organization that waits for its next attempt, in seconds since the first claim."""

    target_id: UUID
    start: float
    end: float
    error_class: str


@dataclass(frozen=True, slots=True)
class TimeLine:
    """All attempts of a run over `seconds`, in `rows` rows; `began` is the first claim."""

    began: datetime
    seconds: float
    rows: int
    bars: Sequence[Bar]
    waits: Sequence[Wait]

    @property
    def ended(self) -> datetime:
        """The end of the last attempt, or now."""
        return self.began + timedelta(seconds=self.seconds)

    @property
    def sentence(self) -> str:
        """What one sees, in numbers."""
        took = [bar.end - bar.start for bar in self.bars]
        longest = max(self.bars, key=lambda bar: bar.end - bar.start)
        facts = [
            f"{counted(len(self.bars), 'attempt')} in {length(self.seconds)}",
            f"at most {self.rows:,} at once",
            f"half of them took less than {length(median(took))}",
            f"the longest {length(max(took))} ({longest.made.organization_name})",
        ]
        if self.waits:
            waited = sum(wait.end - wait.start for wait in self.waits)
            facts.append(f"{counted(len(self.waits), 'wait')} for another attempt, {length(waited)} together")
        return f"{', '.join(facts)}."


def time_line(tries: Sequence[Try], now: datetime) -> TimeLine | None:
    """Lay `tries`, in the order of their claims, out over time; None without any."""
    if not tries:
        return None
    began = tries[0].claimed_at
    slots = _Slots()
    bars = []
    for made in tries:
        start = (made.claimed_at - began).total_seconds()
        end = max(((made.ended_at or now) - began).total_seconds(), start)
        bars.append(Bar(slots.take(made.worker, start, end), start, end, _state(made), made))
    rows = slots.rows()
    placed = [Bar(rows[bar.row], bar.start, bar.end, bar.state, bar.made) for bar in bars]
    waits = list(_waits(bars, (now - began).total_seconds()))
    seconds = max(max(bar.end for bar in bars), max((wait.end for wait in waits), default=0.0), 0.001)
    return TimeLine(began, seconds, len(rows), placed, waits)


class _Slots:
    """Rows of workers: each attempt gets the first row of its worker that is free when it begins."""

    def __init__(self) -> None:
        self._busy: dict[str, list[tuple[float, int]]] = {}
        self._free: dict[str, list[int]] = {}
        self._worker_of: list[str] = []

    def take(self, worker: str, start: float, end: float) -> int:
        """Return the number of the row that is taken from `start` to `end`."""
        busy, free = self._busy.setdefault(worker, []), self._free.setdefault(worker, [])
        while busy and busy[0][0] <= start:
            heappush(free, heappop(busy)[1])
        if free:
            row = heappop(free)
        else:
            row = len(self._worker_of)
            self._worker_of.append(worker)
        heappush(busy, (end, row))
        return row

    def rows(self) -> dict[int, int]:
        """Return where each row lies once the rows of one worker lie together."""
        together = sorted(range(len(self._worker_of)), key=lambda row: (self._worker_of[row], row))
        return {row: place for place, row in enumerate(together)}


def _state(made: Try) -> str:
    """Return how an attempt ended, as a state of targets; one that led to another attempt counts as queued."""
    if made.ended_at is None:
        return TargetState.RUNNING
    return made.outcome if made.outcome in TargetState.values else TargetState.QUEUED


def _waits(bars: Iterable[Bar], now: float) -> Iterable[Wait]:
    """Yield the time from each attempt that was not the last one to the next, or to now."""
    waiting: dict[UUID, Bar] = {}
    for bar in bars:
        before = waiting.pop(bar.made.target_id, None)
        if before is not None:
            yield Wait(bar.made.target_id, before.end, max(bar.start, before.end), before.made.error_class)
        if bar.made.outcome == DEFERRED:
            waiting[bar.made.target_id] = bar
    for target_id, bar in waiting.items():
        if bar.made.state == TargetState.QUEUED:
            yield Wait(target_id, bar.end, max(now, bar.end), bar.made.error_class)


def length(seconds: float) -> str:
    """Return a number of seconds in words."""
    return duration(timedelta(seconds=seconds))
