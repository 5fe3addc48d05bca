"""Evidence of one look: what was wanted, what is there, and how the two compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jobs.reconciliation.amounts import moment_of
from jobs.runs.states import Verdict

SKEW = timedelta(seconds=5)
"""How far our clock and that of Exchange may be apart."""

_CREATED = ("WhenCreatedUTC", "WhenCreated", "CreationTimeUtc", "CreatedDateTime", "CreationTime")
_CHANGED = ("WhenChangedUTC", "WhenChanged", "LastModifiedTime")


@dataclass(frozen=True, slots=True)
class Call:
    """The call whose outcome is unknown, with the values of its organization filled in.

    `secrets` are the names of secret parameters; between `intended_at` and `ends_by` (aware UTC) it was carried out, if
    it was.
    """

    cmdlet: str
    parameters: Mapping[str, Any]
    secrets: Sequence[str]
    intended_at: datetime
    ends_by: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found: the rows of the reader; none when Exchange knows no such object.

    `others` are all names of members, by the name with which they were given, as far as they could be looked up.
    """

    rows: Sequence[Mapping[str, Any]]
    looked_at: datetime
    others: Mapping[str, frozenset[str]]

    def is_final(self, call: Call) -> bool:
        """Whether the call cannot go on any more, so that what is not there will not come."""
        return self.looked_at > call.ends_by


@dataclass(frozen=True, slots=True)
class Line:
    """One value that was sent beside the one that is there; `match` is a word of `Match`, or says what is missing."""

    name: str
    wanted: Any
    found: Any
    match: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a look means: a verdict with its reason in a sentence, or None while it is too early for one."""

    verdict: Verdict | None
    detail: str
    lines: Sequence[Line] = ()


def created_at(row: Mapping[str, Any]) -> datetime | None:
    """Return when an object was made, if it says so with a zone."""
    return _moment(row, _CREATED)


def changed_at(row: Mapping[str, Any]) -> datetime | None:
    """Return when an object was last changed, if it says so with a zone."""
    return _moment(row, _CHANGED)


def _moment(row: Mapping[str, Any], names: Sequence[str]) -> datetime | None:
    moments = (moment_of(str(row[name]), assume_utc=name.endswith("UTC")) for name in names if row.get(name))
    return next((moment for moment in moments if moment), None)


def shown(moment: datetime) -> str:
    """Return a moment as sentences show it."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
