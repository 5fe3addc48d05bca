"""What a look at an unknown change means: as planned, not carried out, a person's to decide, or too early to say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from jobs.catalogue.read_backs import Proof, Reading
from jobs.reconciliation.comparison import Match
from jobs.reconciliation.evidence import (
    SKEW,
    Call,
    Found,
    Judgement,
    Line,
    changed_at,
    created_at,
    shown,
)
from jobs.reconciliation.identities import forms, names_of
from jobs.reconciliation.lines import NOT_SHOWN, SECRET, differ, joined, lines_of, names_with, not_compared
from jobs.reconciliation.members import judge_members
from jobs.runs.states import Verdict

Row = Mapping[str, Any]


def judge(call: Call, reading: Reading, found: Found) -> Judgement:
    """Return what `found` means for `call`.

    Only "as planned" is said while the call may still go on; every other verdict waits until it cannot.
    """
    judgement = _JUDGES[reading.proof](call, reading, found)
    if judgement.verdict is Verdict.APPLIED or found.is_final(call) or reading.proof is Proof.NOTHING:
        return judgement
    wait = f"{judgement.detail} The call may still go on until {shown(call.ends_by)}, so Signalbox looks again."
    return Judgement(None, wait, judgement.lines)


def _created(call: Call, reading: Reading, found: Found) -> Judgement:
    """Ours is an object that was made while the call may have run, with all values as they were sent."""
    candidates = _named(call, reading, found.rows)
    if not candidates:
        if found.rows and reading.read_back.keys:
            return _person("Only objects of another name answer to this one.", lines_of(call, reading, found.rows[0]))
        return Judgement(Verdict.NOT_APPLIED, "There is no such object.")
    told = [_told_of_creation(call, reading, row) for row in candidates]
    order = (Verdict.APPLIED, Verdict.NEEDS_PERSON, Verdict.NOT_APPLIED)
    return min(told, key=lambda each: order.index(each.verdict or Verdict.NEEDS_PERSON))


def _named(call: Call, reading: Reading, rows: Sequence[Row]) -> list[Row]:
    """Return the rows that can be the object: those of its name; in a list without a key, those that may be new."""
    if not reading.read_back.keys:
        return [row for row in rows if _may_be_ours(call, reading, row)]
    wanted = {form for key in reading.read_back.keys for form in forms(str(reading.parameters[key]))}
    return [row for row in rows if wanted & names_of(row)]


def _may_be_ours(call: Call, reading: Reading, row: Row) -> bool:
    made, lines = created_at(row), lines_of(call, reading, row)
    if made is not None and made >= call.intended_at - SKEW:
        return True
    return not names_with(lines, Match.DIFFERS) and (made is None or bool(names_with(lines, Match.SAME)))


def _told_of_creation(call: Call, reading: Reading, row: Row) -> Judgement:
    made, lines = created_at(row), lines_of(call, reading, row)
    if made is None:
        return _person("The object is there, but does not say when it was made: it may be older than the call.", lines)
    if made < call.intended_at - SKEW:
        since = f"The object exists already since {shown(made)}, before the call was sent at {shown(call.intended_at)}."
        return Judgement(Verdict.NOT_APPLIED, since, lines)
    if made > call.ends_by + SKEW:
        return _person(f"The object was made at {shown(made)}, when the call was over: by somebody else.", lines)
    if others := names_with(lines, Match.DIFFERS):
        return _person(f"The object was made at {shown(made)}, but {differ(others)}.", lines)
    if not names_with(lines, Match.SAME):
        return _person(f"An object was made at {shown(made)}, but it shows none of the values that were sent.", lines)
    return Judgement(
        Verdict.APPLIED,
        f"The object was made at {shown(made)}, after the call was sent, with the values that were sent."
        f"{not_compared(lines)}",
        lines,
    )


def _values(call: Call, reading: Reading, found: Found) -> Judgement:
    rows = found.rows if len(found.rows) == 1 else _of_identity(call, found.rows)
    if len(rows) != 1:
        there = "There is no such object now" if not rows else f"{len(rows)} objects answer to this name"
        return _person(f"{there}, so its values cannot be compared.")
    lines = lines_of(call, reading, rows[0])
    same, different = names_with(lines, Match.SAME), names_with(lines, Match.DIFFERS)
    if different:
        return _told_of_difference(call, rows[0], lines, same, different)
    if unclear := names_with(lines, Match.UNCLEAR, SECRET):
        return _person(f"{joined(unclear)} cannot be compared with what is there.", lines)
    if not same:
        return _person(f"{reading.cmdlet} shows none of the values that were sent.", lines)
    what = f"{same[0]} is" if len(same) == 1 else f"All {len(same)} values that {reading.cmdlet} shows are"
    if changed := _changed_by_then(call, rows[0]):
        told = f"{what} as planned. It was changed at {shown(changed)}.{not_compared(lines)}"
        return Judgement(Verdict.APPLIED, told, lines)
    # A value that was so before says nothing about another one that cannot be seen.
    if unseen := names_with(lines, NOT_SHOWN):
        return _person(f"{what} as planned, perhaps since before the call. Not shown: {joined(unseen)}.", lines)
    before = "They may have been so before: either way the state is as planned."
    return Judgement(Verdict.APPLIED, f"{what} as planned. {before}", lines)


def _of_identity(call: Call, rows: Sequence[Row]) -> list[Row]:
    wanted = forms(str(call.parameters.get("Identity", "")))
    return [row for row in rows if wanted & names_of(row)]


def _changed_by_then(call: Call, row: Row) -> datetime | None:
    """Return when the object was last changed, if the call may have done it."""
    changed = changed_at(row)
    return changed if changed and call.intended_at - SKEW <= changed <= call.ends_by + SKEW else None


def _told_of_difference(
    call: Call, row: Row, lines: Sequence[Line], same: Sequence[str], different: Sequence[str]
) -> Judgement:
    changed = changed_at(row)
    if changed is not None and changed >= call.intended_at - SKEW:
        return _person(
            f"The object was changed at {shown(changed)}, after the call was sent, and {differ(different)}.", lines
        )
    if changed is not None:
        return Judgement(
            Verdict.NOT_APPLIED,
            f"The object was last changed at {shown(changed)}, before the call was sent, and {differ(different)}.",
            lines,
        )
    if same:
        return _person(f"{joined(same)} as planned, but {differ(different)}.", lines)
    return Judgement(Verdict.NOT_APPLIED, f"None of the values that were sent is there: {differ(different)}.", lines)


def _present(call: Call, reading: Reading, found: Found) -> Judgement:
    if not found.rows:
        return Judgement(Verdict.NOT_APPLIED, "It is not there.")
    compared = [lines_of(call, reading, row) for row in found.rows]
    lines = min(compared, key=lambda each: len(_others(each)))
    if others := _others(lines):
        return _person(
            f"It is there, perhaps since before the call. Not shown as it was sent: {joined(others)}.", lines
        )
    return Judgement(
        Verdict.APPLIED, "It is there. It may have been so before: either way the state is as planned.", lines
    )


def _others(lines: Sequence[Line]) -> list[str]:
    return [line.name for line in lines if line.match != Match.SAME]


def _gone(call: Call, reading: Reading, found: Found) -> Judgement:
    rows = found.rows if reading.read_back.keys else _of_identity(call, found.rows)
    if not rows:
        return Judgement(
            Verdict.APPLIED,
            "The object is not there. Whether this call removed it or it was gone before is not known: either way the "
            "state is as planned.",
        )
    made = [created_at(row) for row in rows]
    if all(each is not None and each >= call.intended_at - SKEW for each in made):
        return _person("An object of this name was made after the call was sent: the older one may be gone.")
    return Judgement(Verdict.NOT_APPLIED, "The object is still there.")


def _nothing(call: Call, reading: Reading, found: Found) -> Judgement:
    lines = lines_of(call, reading, found.rows[0]) if len(found.rows) == 1 else ()
    return _person(f"Nothing that can be read shows whether {call.cmdlet} was carried out.", lines)


def _person(detail: str, lines: Sequence[Line] = ()) -> Judgement:
    return Judgement(Verdict.NEEDS_PERSON, detail, lines)


_JUDGES: Mapping[Proof, Callable[[Call, Reading, Found], Judgement]] = {
    Proof.CREATED: _created,
    Proof.VALUES: _values,
    Proof.PRESENT: _present,
    Proof.GONE: _gone,
    Proof.MEMBERS_ADDED: judge_members,
    Proof.MEMBERS_REMOVED: judge_members,
    Proof.MEMBERS_REPLACED: judge_members,
    Proof.NOTHING: _nothing,
}
