"""Whether somebody belongs to something now, or may do something."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.catalogue.read_backs import Proof, Reading
from jobs.reconciliation.comparison import Match
from jobs.reconciliation.evidence import Call, Found, Judgement, Line
from jobs.reconciliation.identities import forms, names_of
from jobs.reconciliation.lines import NOT_SHOWN, differ, joined, lines_of, names_with, not_compared
from jobs.runs.states import Verdict

Row = Mapping[str, Any]

_AS_PLANNED = {
    Proof.MEMBERS_ADDED: "Whoever was to be added is there.",
    Proof.MEMBERS_REMOVED: "Whoever was to be removed is not there.",
    Proof.MEMBERS_REPLACED: "What is there is exactly what was to be there.",
}
_NOT_AS_PLANNED = {
    Proof.MEMBERS_ADDED: "Whoever was to be added is not there",
    Proof.MEMBERS_REMOVED: "Whoever was to be removed is still there",
    Proof.MEMBERS_REPLACED: "What is there is not what was to be there",
}


def judge_members(call: Call, reading: Reading, found: Found) -> Judgement:
    """Compare who is there with who was to be there, with the rights that were to be given or taken."""
    if not reading.members:
        return Judgement(Verdict.NEEDS_PERSON, "The call does not say who was meant.")
    rights = _words(call.parameters.get("AccessRights"))
    rows = [row for row in found.rows if _counts(row, deny=bool(call.parameters.get("Deny")))]
    lines = [_line(reading, found, member, rights, rows) for member in reading.members]
    if reading.proof is Proof.MEMBERS_REPLACED and not rights:
        lines += _surplus(reading, found, rows)
    matches = {line.match for line in lines}
    if Match.UNCLEAR in matches:
        names = ", ".join(line.name for line in lines if line.match == Match.UNCLEAR)
        return Judgement(Verdict.NEEDS_PERSON, f"Who is there under another name cannot be told: {names}.", lines)
    rest = _rest(call, reading, [row for row in rows if _is_meant(reading, found, rights, row)])
    if matches == {Match.SAME.value}:
        return _told_as_planned(reading, lines, rest)
    as_planned = names_with(lines, Match.SAME)
    if reading.proof is Proof.MEMBERS_REPLACED:
        as_planned += names_with(rest, Match.SAME)
    some = f", except {joined(as_planned)}" if as_planned else ""
    detail = f"{_NOT_AS_PLANNED[reading.proof]}{some}."
    if reading.proof is Proof.MEMBERS_REMOVED and (others := names_with(rest, Match.DIFFERS)):
        return Judgement(Verdict.NEEDS_PERSON, f"{detail} But {differ(others)}.", [*lines, *rest])
    return Judgement(Verdict.NEEDS_PERSON if some else Verdict.NOT_APPLIED, detail, [*lines, *rest])


def _told_as_planned(reading: Reading, lines: Sequence[Line], rest: Sequence[Line]) -> Judgement:
    """Judge where the right ones are there with the right rights, or are not: what else was sent must be seen too."""
    told, all_lines = _AS_PLANNED[reading.proof], [*lines, *rest]
    if reading.proof is not Proof.MEMBERS_REMOVED:
        if others := names_with(rest, Match.DIFFERS):
            return Judgement(Verdict.NEEDS_PERSON, f"{told} But {differ(others)}.", all_lines)
        if others := names_with(rest, NOT_SHOWN, Match.UNCLEAR):
            unseen = f"{told} It may have been so before, and {reading.cmdlet} does not show {joined(others)}."
            return Judgement(Verdict.NEEDS_PERSON, unseen, all_lines)
    before = " It may have been so before: either way the state is as planned."
    return Judgement(Verdict.APPLIED, told + before + not_compared(rest), all_lines)


def _rest(call: Call, reading: Reading, rows: Sequence[Row]) -> list[Line]:
    """Return what was sent besides who and which rights, beside the row that comes nearest to it."""
    member = reading.read_back.member
    compared_already = {member, f"{member}s", "AccessRights", "Deny"}
    lines = [
        [line for line in lines_of(call, reading, row) if line.name not in compared_already] for row in rows or [{}]
    ]
    return max(lines, key=lambda each: len(names_with(each, Match.SAME)))


def _is_meant(reading: Reading, found: Found, rights: set[str], row: Row) -> bool:
    """Whether a row is of one of the members, with one of the rights if some were given or taken."""
    held = _folded(_words(row.get("AccessRights")))
    is_right = not rights or reading.proof is Proof.MEMBERS_REPLACED or bool(held & _folded(rights))
    return is_right and any(_is(reading, found, member, row) for member in reading.members)


def _counts(row: Row, *, deny: bool) -> bool:
    """Whether a permission is given at this place, and allows what is meant (or denies it)."""
    denies = row.get("Deny") is True or str(row.get("AccessControlType", "")).lower() == "deny"
    return row.get("IsInherited") is not True and denies == deny


def _line(reading: Reading, found: Found, member: str, rights: set[str], rows: Sequence[Row]) -> Line:
    theirs = [row for row in rows if _is(reading, found, member, row)]
    held = set().union(*(_words(row.get("AccessRights")) for row in theirs))
    known = member in found.others or member not in reading.strangers
    wanted = ", ".join(sorted(rights)) or "a member"
    shown = (", ".join(sorted(held)) or "a member") if theirs else "not there"
    asked, has = _folded(rights), _folded(held)
    if reading.proof is Proof.MEMBERS_REMOVED:
        gone = not theirs or bool(rights and not asked & has)
        return Line(
            member, f"without {wanted}" if rights else "not there", shown, _match(gone, sure=bool(theirs) or known)
        )
    if reading.proof is Proof.MEMBERS_REPLACED and rights:
        return Line(member, wanted, shown, _match(asked == has, sure=True))
    return Line(member, wanted, shown, _match(bool(theirs) and asked <= has, sure=bool(theirs) or known))


def _match(fits: bool, *, sure: bool) -> str:
    if not sure:
        return Match.UNCLEAR.value
    return (Match.SAME if fits else Match.DIFFERS).value


def _is(reading: Reading, found: Found, member: str, row: Row) -> bool:
    """Whether a row is of `member`; where the reader was asked for one person, each row is."""
    if member not in reading.strangers:
        return True
    return bool((forms(member) | found.others.get(member, frozenset())) & names_of(row))


def _surplus(reading: Reading, found: Found, rows: Sequence[Row]) -> list[Line]:
    """Return a line for each who is there and was not to be."""
    unmeant = [row for row in rows if not any(_is(reading, found, member, row) for member in reading.members)]
    all_known = all(member in found.others for member in reading.strangers)
    return [
        Line(str(row.get("Name") or row.get("Identity") or "?"), "not there", "a member", _match(False, sure=all_known))
        for row in unmeant
    ]


def _folded(words: set[str]) -> set[str]:
    return {word.casefold() for word in words}


def _words(value: Any) -> set[str]:
    items = value if isinstance(value, list) else str(value).split(",") if value else []
    return {str(item).strip() for item in items}
