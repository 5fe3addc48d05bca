"""The values of a call beside those of one object."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.catalogue.cmdlets import Parameter, find
from jobs.catalogue.read_backs import Reading
from jobs.reconciliation.comparison import Match, compare
from jobs.reconciliation.evidence import Call, Line

NOT_SHOWN = "not shown"
SECRET = "secret"  # noqa: S105 - a word, not one
_MANNERS = frozenset(
    {
        *("AlwaysDeleteOutlookRulesBlob", "AsJob", "BypassMasterAccountSid", "BypassSecurityGroupManagerCheck"),
        *("Confirm", "DomainController", "Force", "ForceDeletion", "ForceUpgrade", "IgnoreDefaultScope", "Overwrite"),
        *("RemoveAndDestroyUnreferencedObjects", "ResultSize", "SkipDomainValidationForMailContact"),
        *("SkipDomainValidationForMailUser", "SkipDomainValidationForSharedMailbox", "WhatIf"),
    }
)
"""Parameters that say how a cmdlet goes about it, not what shall be."""

_STATED = frozenset({"Archive"})
"""Switches that say which state is brought about: the line of that state compares it."""

_MAILBOX_KINDS = {
    "Regular": "UserMailbox",
    "Room": "RoomMailbox",
    "Shared": "SharedMailbox",
    "Equipment": "EquipmentMailbox",
}


def lines_of(call: Call, reading: Reading, row: Mapping[str, Any]) -> list[Line]:
    """Return each value of `call` beside the property of `row` that shows it, and the states that it brings about."""
    cmdlet = find(call.cmdlet)
    aside = {*reading.read_back.keys.values(), *reading.read_back.scope, *_MANNERS} - {"Name"}
    if reading.read_back.states:
        aside |= _STATED
    named = {name: value for name, value in call.parameters.items() if name not in aside and "@" not in name}
    lines = [_line(cmdlet.parameters[name], value, row) for name, value in named.items() if name in cmdlet.parameters]
    secrets = [Line(name, "•••", None, SECRET) for name in call.secrets]
    return [*lines, *secrets, *_states(reading, row)]


def _line(parameter: Parameter, wanted: Any, row: Mapping[str, Any]) -> Line:
    if parameter.name in row:
        found = row[parameter.name]
        return Line(parameter.name, wanted, found, compare(parameter, wanted, found).value)
    elsewhere = _shown_otherwise(parameter.name, wanted)
    if elsewhere and elsewhere[0] in row:
        name, expected = elsewhere
        return Line(parameter.name, wanted, row[name], _plainly(expected, row[name]))
    return Line(parameter.name, wanted, None, NOT_SHOWN)


def _shown_otherwise(name: str, wanted: Any) -> tuple[str, Any] | None:
    """Return the property, and its value, that shows a parameter of mailboxes which is called otherwise."""
    if name == "Type":
        return "RecipientTypeDetails", _MAILBOX_KINDS.get(str(wanted), wanted)
    if name in _MAILBOX_KINDS and wanted is True:
        return "RecipientTypeDetails", _MAILBOX_KINDS[name]
    if name == "AutoExpandingArchive" and wanted is True:
        return "AutoExpandingArchiveEnabled", True
    return None


def _states(reading: Reading, row: Mapping[str, Any]) -> list[Line]:
    shown = [(name, value) for name, value in reading.read_back.states if row.get(name) not in (None, "")]
    return [Line(name, value, row[name], _plainly(value, row[name])) for name, value in shown]


def _plainly(wanted: Any, found: Any) -> str:
    return (Match.SAME if str(wanted).lower() == str(found).lower() else Match.DIFFERS).value


def names_with(lines: Sequence[Line], *matches: str) -> list[str]:
    """Return the names of the lines that compare so."""
    return [line.name for line in lines if line.match in matches]


def not_compared(lines: Sequence[Line]) -> str:
    """Return the sentence that names what was not compared, after a space; nothing where all was."""
    names = names_with(lines, NOT_SHOWN, Match.UNCLEAR, SECRET)
    return f" Not compared: {joined(names)}." if names else ""


def differ(names: Sequence[str]) -> str:
    """Say that the values of these names are not those that were sent."""
    return f"{joined(names)} {'differs' if len(names) == 1 else 'differ'} from what was sent"


def joined(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: "Name, Mode and Comments"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
