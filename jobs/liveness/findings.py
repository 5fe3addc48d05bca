"""What the status page says of one thing: how it is, by which limit, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Figure = float | int | None


class Level(StrEnum):
    """How something is; in the order of urgency."""

    WORKS = "works"
    WATCH = "watch"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that should run: `fact` says how it is, `limit` what is right, `fix` what to do where it is not.

    `key` names it for machines; `figures` are its numbers by name with their unit, and hold nobody's name.
    """

    key: str
    title: str
    level: Level
    fact: str
    limit: str
    fix: str = ""
    figures: dict[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that belong together."""

    title: str
    findings: Sequence[Finding]


def worst(findings: Sequence[Finding]) -> Level:
    """Return the most urgent level of `findings`."""
    return max((finding.level for finding in findings), key=list(Level).index, default=Level.WORKS)


def level_of(value: float | None, *, watch: float, fails: float) -> Level:
    """Return the level of a figure that should stay under `watch`, and must under `fails`; None is good."""
    if value is None or value < watch:
        return Level.WORKS
    return Level.WATCH if value < fails else Level.FAILS


def in_words(seconds: float) -> str:
    """Return a duration for people: 12 ms, 3.4 s, 12 s, 5 min, 3 h."""
    if seconds < 1:
        return f"{max(0, seconds) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
