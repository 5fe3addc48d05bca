"""Inspect a script: parse it, find what it does to Exchange Online, and judge it. Nothing is executed."""

from dataclasses import dataclass, field

from jobs.catalogue.cmdlets import Cmdlet
from jobs.catalogue.powershell_commands import Command
from jobs.scripts.cmdlets import ScriptCmdlet, catalogued, read_cmdlet
from jobs.scripts.connections import COMMANDS, ScriptConnection, connection_of
from jobs.scripts.disconnects import Closing, judge
from jobs.scripts.found import Call, Found
from jobs.scripts.legacy import Legacy, legacy_call, legacy_connection
from jobs.scripts.names import bare, is_known, meant
from jobs.scripts.report import Report
from jobs.scripts.secrets import hide_secrets
from jobs.scripts.signatures import VARIABLE, Given, given, read_command, signature
from jobs.scripts.tree import Source, parse_script
from jobs.scripts.variables import Variables
from jobs.scripts.walk import walk

MOST_CMDLETS = 5_000
"""How many calls of cmdlets are checked; what comes after them is counted."""

_ELSEWHERE = {
    "invoke-command": "Invoke-Command runs its commands elsewhere",
    "start-job": "Start-Job runs its commands in another process",
    "start-threadjob": "Start-ThreadJob runs its commands in another thread",
}
_RUNNERS = {"invoke-expression", "iex"}


def inspect(text: str) -> Report:
    """Return the report on a script; never fails, whatever the text is."""
    source, tree = parse_script(text)
    if tree is None:
        return Report(source, Found(), uncertain_lines=list(range(1, source.lines + 1)), is_given_up=True)
    found = walk(source, tree)
    secrets = hide_secrets(source, found)
    inspection = _Inspection(source, found)
    for call in found.calls:
        inspection.read(call)
    return inspection.report(secrets)


@dataclass
class _Inspection:
    source: Source
    found: Found
    connections: list[ScriptConnection] = field(default_factory=list)
    cmdlets: list[ScriptCmdlet] = field(default_factory=list)
    modern: list[Call] = field(default_factory=list)
    sessions: list[Call] = field(default_factory=list)
    handled: list[tuple[Call, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    prefixes: set[str] = field(default_factory=set)
    unread: int = 0
    elsewhere: int = 0

    def __post_init__(self) -> None:
        self.variables = Variables(self.source, self.found)
        for call in self.found.calls:
            call.name = self.name(call)
            if meant(call.name, {}) in ("set-alias", "new-alias"):
                told = self.given(call, meant(call.name, {}))
                name, value = told.text("Name"), told.text("Value")
                if name and value and VARIABLE not in (name, value):
                    self.aliases[name.lower()] = value

    def name(self, call: Call) -> str:
        """Return the name of a command, also of one that is called by a constant variable (`& $command`)."""
        told = self.variables.at(call.start, call.block).get(call.name) if call.name.startswith("$") else None
        return told if isinstance(told, str) and is_known(told) else call.name

    def given(self, call: Call, command: str) -> Given:
        """Return what a command that is no cmdlet of the catalogue is given."""
        known_signature = signature(command)
        read = self.command(call)
        if known_signature is None or read is None:
            return Given(is_open=True)
        return given(known_signature, read, self.variables.at(call.start, call.block))

    def command(self, call: Call) -> Command | None:
        """Return one command with its arguments, under its bare name, which the reading of one line takes best."""
        return read_command(f"{bare(call.name)}{self.source.text(call.rest, call.end)}")

    def read(self, call: Call) -> None:
        """Take one command into account."""
        command = meant(call.name, self.aliases)
        if command in self.found.functions:
            return
        self.around(call)
        if command in COMMANDS:
            self.connection(call, command)
        elif command == "disconnect-exchangeonline":
            self.modern.append(call)
        elif command == "remove-pssession":
            self.sessions.append(call)
            self.handled.append((call, command))
        elif command == "import-pssession":
            self.prefix(self.given(call, command))
            self.handled.append((call, command))
        elif command in _RUNNERS:
            self.notes.append(f"Line {call.line}: {call.name} runs a text as commands; what stands in it was not read.")
        elif (cmdlet := catalogued(command, frozenset(self.prefixes))) is not None:
            self.cmdlet(call, cmdlet)

    def connection(self, call: Call, command: str) -> None:
        known = signature(command)
        told = self.given(call, command)
        connection = connection_of(call, known.name, told) if known else None
        if connection is None:
            self.elsewhere += 1
            self.notes.append(f"Line {call.line}: this session goes to a server of one's own, not to Exchange Online.")
            return
        self.connections.append(connection)
        self.prefix(told)
        for name in told.unknown:
            self.notes.append(f"Line {call.line}: {connection.command} has no parameter named -{name[:80]}.")

    def prefix(self, told: Given) -> None:
        text = told.text("Prefix")
        if text and text != VARIABLE:
            self.prefixes.add(text.lower())

    def cmdlet(self, call: Call, cmdlet: Cmdlet) -> None:
        if len(self.cmdlets) >= MOST_CMDLETS:
            self.unread += 1
            return
        command = self.command(call)
        if command is None:
            self.found.uncertain.add(call.line)
            return
        try:
            read = read_cmdlet(cmdlet, call, command, self.variables.at(call.start, call.block))
        except RecursionError:
            self.found.uncertain.add(call.line)
            return
        self.cmdlets.append(read)

    def around(self, call: Call) -> None:
        """Say where a command runs that does not run here."""
        for block in call.block.around():
            if block.name in _ELSEWHERE:
                sentence = f"{_ELSEWHERE[block.name]}; they were read as part of this script."
                if sentence not in self.notes:
                    self.notes.append(sentence)

    def report(self, secrets: list[int]) -> Report:
        """Return the report on everything read."""
        closed = judge(self.source, self.found, self.connections, Closing(self.modern, self.sessions))
        if self.unread:
            self.notes.append(f"{self.unread:,} more calls were not checked: at most {MOST_CMDLETS:,} are.")
        return Report(
            source=self.source,
            found=self.found,
            connections=self.connections,
            disconnects=closed.any,
            disconnects_on_every_path=closed.on_every_path,
            legacy=self.legacy(),
            cmdlets=self.cmdlets,
            uncertain_lines=sorted(self.found.uncertain),
            secret_lines=secrets,
            notes=self.notes,
        )

    def legacy(self) -> list[Legacy]:
        found = [legacy_connection(connection) for connection in self.connections]
        if any(connection.is_session for connection in self.connections) or not self.elsewhere:
            found += [legacy_call(call, command, self.connections) for call, command in self.handled]
        return sorted((legacy for legacy in found if legacy), key=lambda legacy: legacy.line)
