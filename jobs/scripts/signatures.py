"""The parameters of commands that open and close connections, and what a script gives to them.

Those of the module are read from `jobs/catalogue/data/connect.json`; names are completed as PowerShell completes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from jobs.catalogue import cmdlets
from jobs.catalogue.parameter_names import COMMON_PARAMETERS
from jobs.catalogue.powershell_commands import Argument, Command, parse
from jobs.catalogue.powershell_values import NotLiteral, OpenTable, Unread

VARIABLE = "<variable>"
"""What stands for a value that cannot be known without running the script."""

_DATA = Path(cmdlets.__file__).parent / "data" / "connect.json"
_SESSION_COMMANDS = {
    "Connect-EXOPSSession": (
        ("ConnectionUri", "AzureADAuthorizationEndpointUri", "UserPrincipalName", "PSSessionOption", "Credential"),
        ("BypassMailboxAnchoring",),
    ),
    "New-PSSession": (
        (
            *("ComputerName", "ConfigurationName", "ConnectionUri", "Credential", "Authentication", "Name", "Port"),
            *("SessionOption", "CertificateThumbprint", "ThrottleLimit", "ApplicationName", "Session"),
        ),
        ("AllowRedirection", "EnableNetworkAccess", "UseSSL"),
    ),
    "Import-PSSession": (
        ("Session", "CommandName", "FormatTypeName", "Prefix", "Module", "ArgumentList", "CommandType"),
        ("AllowClobber", "DisableNameChecking"),
    ),
    "Remove-PSSession": (("Session", "Id", "InstanceId", "Name", "ComputerName"), ("Confirm", "WhatIf")),
    "Get-PSSession": (("ComputerName", "ConfigurationName", "Id", "InstanceId", "Name", "State"), ()),
    "Set-Alias": (("Name", "Value", "Description", "Option", "Scope"), ("PassThru", "Force")),
    "New-Alias": (("Name", "Value", "Description", "Option", "Scope"), ("PassThru", "Force")),
    "Import-Module": (
        ("Name", "Function", "Cmdlet", "Variable", "Prefix", "RequiredVersion", "MinimumVersion"),
        ("Force", "Global", "PassThru", "DisableNameChecking", "SkipEditionCheck", "UseWindowsPowerShell"),
    ),
}


@dataclass(frozen=True)
class Signature:
    """The parameters of one command; `positions` are those that take a value without a name, in order."""

    name: str
    parameters: tuple[str, ...]
    switches: frozenset[str]
    positions: tuple[str, ...]
    deprecated: frozenset[str] = frozenset()

    def meant(self, typed: str) -> list[str]:
        """Return the parameters that a name may mean: the whole, an alias, or its beginning.

        One that is deprecated yields: -UserP was clear before there was a UseRPSSession, and is again without it.
        """
        lower = typed.lower()
        known = {name.lower(): name for name in (*self.parameters, *COMMON_PARAMETERS)}
        known |= {alias: name for name, alias in COMMON_PARAMETERS.items()}
        if lower in known:
            return [known[lower]]
        names = sorted({name for key, name in known.items() if key.startswith(lower)})
        current = [name for name in names if name not in self.deprecated]
        return current if len(current) == 1 else names


@dataclass
class Given:
    """What is given to parameters: constants, or `VARIABLE`; `is_open` says that there may be more."""

    values: dict[str, object] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    is_open: bool = False

    def has(self, name: str) -> bool:
        """Whether a parameter is given; a switch that is set to false is not."""
        return name in self.values and self.values[name] is not False

    def text(self, name: str) -> str | None:
        """Return the text given, `VARIABLE`, or None when nothing is given."""
        value = self.values.get(name)
        return None if value is None else str(value)


@cache
def connect_data() -> Mapping[str, Any]:
    """Return the data file about the module's own cmdlets."""
    data: dict[str, Any] = orjson.loads(_DATA.read_bytes())
    return data


@cache
def signature(name: str) -> Signature | None:
    """Return the signature of a command by its name in lower case."""
    for known, (parameters, switches) in _SESSION_COMMANDS.items():
        if known.lower() == name:
            return Signature(known, (*parameters, *switches), frozenset(switches), parameters)
    for known, raw in connect_data()["cmdlets"].items():
        if known.lower() == name:
            return _of_module(known, raw["parameters"])
    return None


def _of_module(name: str, parameters: Mapping[str, Any]) -> Signature:
    placed = sorted((raw["position"], key) for key, raw in parameters.items() if "position" in raw)
    switches = frozenset(key for key, raw in parameters.items() if raw.get("switch"))
    deprecated = frozenset(key for key, raw in parameters.items() if raw.get("deprecated"))
    return Signature(name, tuple(parameters), switches, tuple(key for _, key in placed), deprecated)


def read_command(text: str) -> Command | None:
    """Return the first command in a piece of a script, or None."""
    try:
        found = parse(text).commands
    except RecursionError:
        return None
    return found[0] if found else None


def given(signature_: Signature, command: Command, known: Mapping[str, object]) -> Given:
    """Return what `command` gives to the parameters of `signature_`; `known` are the constant variables."""
    found = Given()
    waiting: str | None = None
    unnamed: list[Argument] = []
    for argument in command.arguments:
        if argument.splatted is not None:
            _splat(signature_, argument, known, found)
        elif argument.name is None and waiting is not None:
            _take(found, waiting, argument, known)
        elif argument.name is None:
            unnamed.append(argument)
            continue
        else:
            if waiting is not None:
                found.values.setdefault(waiting, VARIABLE)
            waiting = _named(signature_, argument, known, found)
            continue
        waiting = None
    if waiting is not None:
        found.values.setdefault(waiting, VARIABLE)
    free = [name for name in signature_.positions if name not in found.values]
    for name, argument in zip(free, unnamed, strict=False):
        _take(found, name, argument, known)
    return found


def _named(signature_: Signature, argument: Argument, known: Mapping[str, object], found: Given) -> str | None:
    """Take a parameter that is named; returns its name when its value is the next argument."""
    names = signature_.meant(argument.name or "")
    if len(names) != 1:
        found.unknown.append(argument.name or "")
        return None
    if argument.nodes:
        _take(found, names[0], argument, known)
        return None
    if names[0] in signature_.switches or names[0] in ("Verbose", "Debug"):
        found.values.setdefault(names[0], True)
        return None
    return names[0]


def _take(found: Given, name: str, argument: Argument, known: Mapping[str, object]) -> None:
    found.sources.setdefault(name, argument.text)
    try:
        value = argument.value(known)
    except (NotLiteral, RecursionError):
        value = VARIABLE
    found.values.setdefault(name, VARIABLE if value is None and argument.text.lower() != "$null" else value)


def _splat(signature_: Signature, argument: Argument, known: Mapping[str, object], found: Given) -> None:
    table = known.get(argument.splatted or "")
    entries = table.entries if isinstance(table, OpenTable) else table
    found.is_open |= not isinstance(table, dict)
    for typed, value in entries.items() if isinstance(entries, dict) else ():
        names = signature_.meant(str(typed))
        if len(names) != 1:
            found.unknown.append(str(typed))
            continue
        found.values.setdefault(names[0], VARIABLE if isinstance(value, Unread) else value)
        found.sources.setdefault(names[0], value.text if isinstance(value, Unread) else "")
