"""Read a pasted PowerShell command as a call of one cmdlet: what could be read, and what not, piece by piece."""

from dataclasses import dataclass, field

from jobs.catalogue.cmdlets import Cmdlet, UnknownCmdlet, find
from jobs.catalogue.parameter_binding import bind
from jobs.catalogue.powershell_commands import Command, Script, parse
from jobs.catalogue.powershell_values import shown

MOST_BYTES = 64 * 1024
"""The longest text that is read."""

_MOST_SENTENCES = 20
_MODULES = frozenset({"import-module", "install-module", "update-module", "import-pssession", "new-pssession"})
_SHOWS = ("format-", "out-", "select-object", "sort-object", "measure-object", "group-object", "ft", "fl")


class NotRead(ValueError):
    """The text is no call of one cmdlet.

    `nearest` are cmdlets spelt alike; `commands` are those found, if several; `is_short` says that it was read at all.
    """

    def __init__(
        self,
        problem: str,
        suggestion: str,
        *,
        nearest: tuple[str, ...] = (),
        commands: tuple[Command, ...] = (),
        is_short: bool = True,
    ) -> None:
        super().__init__(problem)
        self.is_short = is_short
        self.suggestion = suggestion
        self.nearest = nearest
        self.commands = commands


@dataclass(frozen=True, slots=True)
class Reading:
    """The cmdlet with the text of each parameter; `left_out` says what was not taken over, `notes` what to know.

    `given` are all parameters that stand there, also those without a text.
    """

    cmdlet: Cmdlet
    texts: dict[str, str]
    given: frozenset[str]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class _Sorted:
    """Commands by what they are to Signalbox."""

    calls: list[tuple[Command, Cmdlet]] = field(default_factory=list)
    sessions: list[Command] = field(default_factory=list)
    others: list[Command] = field(default_factory=list)


def read_powershell(text: str) -> Reading:
    """Return the call that `text` makes; raises `NotRead`."""
    size = len(text.encode(errors="replace"))
    if size > MOST_BYTES:
        raise NotRead(
            f"This is {size:,} bytes long; at most {MOST_BYTES:,} are read.", "Paste one command.", is_short=False
        )
    if not text.strip():
        raise NotRead("Nothing was pasted.", "Paste one command, for example Get-Mailbox -ResultSize 10.")
    try:
        script = parse(text)
        return _reading(script, _sort(script.commands))
    except RecursionError:
        raise NotRead("This is nested too deeply to be read.", "Paste one command with plain values.") from None


def _sort(commands: list[Command]) -> _Sorted:
    found = _Sorted()
    for command in commands:
        try:
            cmdlet = find(command.name)
        except UnknownCmdlet:
            found.others.append(command)
        else:
            if cmdlet.risk == "session":
                found.sessions.append(command)
            else:
                found.calls.append((command, cmdlet))
    return found


def _reading(script: Script, found: _Sorted) -> Reading:
    if not found.calls:
        raise _nothing_to_call(found)
    if len(found.calls) > 1:
        raise NotRead(
            f"These are {len(found.calls)} commands; one cmdlet is launched at a time.",
            "Choose the one to launch."
            + (" What one hands to the next is not carried over." if any(c.piped for c, _ in found.calls) else ""),
            commands=tuple(command for command, _ in found.calls),
        )
    (command, cmdlet), *_ = found.calls
    bound = bind(cmdlet, command, script.variables)
    around = [_about_session(session) for session in found.sessions]
    around += [_about(other) for other in found.others]
    piped = [f"What is piped into {cmdlet.name} is not carried over: name the object here."] if command.piped else []
    left_out, notes = _once([*piped, *bound.left_out]), _once([*around, *script.notes, *bound.notes])
    return Reading(cmdlet, bound.texts, frozenset(bound.given), left_out, notes)


def _once(sentences: list[str]) -> tuple[str, ...]:
    """Return each sentence once, and how many there are beyond the first ones."""
    different = list(dict.fromkeys(sentences))
    more = len(different) - _MOST_SENTENCES
    return (*different[:_MOST_SENTENCES], *([f"And {more} more of this kind."] if more > 0 else []))


def _nothing_to_call(found: _Sorted) -> NotRead:
    named = [command.name for command in found.others if "-" in command.name.strip("-")]
    if named:
        try:
            find(named[0])
        except UnknownCmdlet as unknown:
            near = unknown.nearest
            suggestion = "Spelt alike:" if near else "Search the catalogue for what it does."
            return NotRead(f"There is no cmdlet named {named[0][:80]}.", suggestion, nearest=near)
    if found.sessions:
        return NotRead(_about_session(found.sessions[0]), "Paste the cmdlet that shall run.")
    return NotRead(
        "This does not look like a PowerShell command.", "Paste one command, for example Get-Mailbox -ResultSize 10."
    )


def _about_session(command: Command) -> str:
    return f"{command.name} is not needed: Signalbox opens and closes the connection to every organization itself."


def _about(command: Command) -> str:
    """Return what to say of a command that is no cmdlet of the catalogue."""
    name = command.name.lower()
    if name in _MODULES:
        return f"{command.name} is not needed: Signalbox speaks to Exchange without the module."
    if name.startswith(_SHOWS):
        return f"{shown(command.line)} is left out: the whole result is kept, choose columns on the run's page."
    # Its arguments may hold a password, as those of ConvertTo-SecureString do; what is said here is kept and shown.
    return f"{shown(command.name)} is left out: only the cmdlet itself runs."
