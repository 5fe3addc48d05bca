"""The shape of a volume: which runs, when, of what size, with how many rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.volume.answers import CHANGES, READS
from jobs.volume.chance import Chance

DAYS = 365
SIZES = (1,) * 30 + (3,) * 15 + (8,) * 12 + (20,) * 12 + (40,) * 12 + (100,) * 10 + (300,) * 6 + (1000,) * 3
LARGEST_SHARE = 10
"""One run has a tenth of all rows: the one to explore."""


@dataclass(frozen=True, slots=True)
class RunShape:
    """One run to be made up; `rows` are wanted in all its organizations together."""

    cmdlet: str
    organizations: int
    launched_at: datetime
    rows: int


def shapes(chance: Chance, *, organizations: int, targets: int, rows: int, until: datetime) -> list[RunShape]:
    """Return runs with `targets` organizations in all, oldest first; the newest is the largest."""
    sizes = list(_sizes(chance, min(organizations, targets), targets - min(organizations, targets)))
    moments = sorted(_moment(chance, until) for _ in sizes)
    cmdlets = [chance.choice(list(READS) if chance.random() < 0.7 else list(CHANGES)) for _ in sizes]
    reading = sum(size for size, cmdlet in zip(sizes, cmdlets, strict=True) if cmdlet in READS)
    largest = rows // LARGEST_SHARE if reading else rows
    each = (rows - largest) / reading if reading else 0
    found, given = [], 0.0
    for size, moment, cmdlet in zip(sizes, moments, cmdlets, strict=True):
        share = size * each if cmdlet in READS else 0.0
        found.append(RunShape(cmdlet, size, moment, int(given + share) - int(given)))
        given += share
    newest = until - timedelta(hours=15)
    return [*found, RunShape("Get-Mailbox", min(organizations, targets), newest, largest)]


def _sizes(chance: Chance, organizations: int, targets: int) -> Iterator[int]:
    while targets > 0:
        size = min(chance.choice(SIZES), organizations, targets)
        targets -= size
        yield size


def _moment(chance: Chance, until: datetime) -> datetime:
    """Return a moment of the year before `until`: mostly on working days, between eight and six."""
    day = until - timedelta(days=1 + chance.randrange(DAYS))
    if day.weekday() >= 5 and chance.random() < 0.85:
        day -= timedelta(days=chance.choice((2, 3, 4)))
    return max(day, until - timedelta(days=DAYS)) + timedelta(hours=8, seconds=chance.randrange(36_000))
