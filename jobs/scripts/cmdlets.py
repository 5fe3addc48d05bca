"""The Exchange cmdlets that a script runs, checked against the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from jobs.catalogue.availability import (
    choose_service,
    cmdlet_problems,
    cmdlet_warnings,
    parameter_problem,
    parameter_warnings,
)
from jobs.catalogue.cmdlets import Cmdlet, find, raw_cmdlets
from jobs.catalogue.kinds import Kind
from jobs.catalogue.parameter_binding import Bound, bind
from jobs.catalogue.parameter_sets import resolve_set
from jobs.catalogue.powershell_commands import Command
from jobs.catalogue.problems import BadText, Problem
from jobs.catalogue.relations import relation_problems
from jobs.catalogue.text_values import parse_text
from jobs.scripts.found import Call
from jobs.scripts.signatures import VARIABLE

SECRET = "<secret>"  # noqa: S105 - what stands for one
_BOOLEANS = {"yes": True, "no": False, "true": True, "false": False}
_ASKS_FOR_CONNECTIONS = "Get-ConnectionInformation"  # asks the module, not Exchange
_CONFIRM = frozenset({"Confirm", "WhatIf"})


@dataclass(frozen=True)
class ScriptCmdlet:
    """One call of a cmdlet; `parameters` are constants, `<variable>` or `<secret>`, by canonical name."""

    cmdlet: Cmdlet
    line: int
    parameters: dict[str, object]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    service: str
    call: Call = field(repr=False)
    bound: Bound = field(repr=False)

    @property
    def name(self) -> str:
        """The cmdlet's name in the catalogue's spelling."""
        return self.cmdlet.name

    def as_json(self) -> dict[str, object]:
        """Return it as the command line prints it."""
        return {
            "name": self.name,
            "line": self.line,
            "parameters": self.parameters,
            "problems": list(self.problems),
        }


@cache
def _names() -> frozenset[str]:
    return frozenset(name.lower() for name in raw_cmdlets())


def catalogued(name: str, prefixes: frozenset[str] = frozenset()) -> Cmdlet | None:
    """Return the cmdlet that a name in lower case means, also with a prefix of the connection before its noun."""
    if name not in _names():
        verb, _, noun = name.partition("-")
        stripped = [f"{verb}-{noun.removeprefix(p)}" for p in prefixes if noun.startswith(p)]
        name = next((candidate for candidate in stripped if candidate in _names()), "")
    cmdlet = find(name) if name else None
    return cmdlet if cmdlet and cmdlet.risk != "session" and cmdlet.name != _ASKS_FOR_CONNECTIONS else None


def read_cmdlet(cmdlet: Cmdlet, call: Call, command: Command, known: Mapping[str, object]) -> ScriptCmdlet:
    """Return one call of `cmdlet` with its parameters and what is wrong with them."""
    bound = bind(cmdlet, command, known)
    names = [name for name in cmdlet.parameters if name in bound.given]
    service = choose_service(cmdlet, names)
    problems = [*bound.faults, *_problems(cmdlet, call, bound, names, service)]
    notes = ["It takes what is piped into it."] if call.is_piped else []
    return ScriptCmdlet(
        cmdlet=cmdlet,
        line=call.line,
        parameters={name: _value(cmdlet, name, bound) for name in names},
        problems=tuple(dict.fromkeys(problems)),
        notes=tuple(notes),
        service=service,
        call=call,
        bound=bound,
    )


def _value(cmdlet: Cmdlet, name: str, bound: Bound) -> object:
    if cmdlet.parameters[name].secret:
        return SECRET
    text = bound.texts.get(name)
    if text is None:
        return False if name == "Confirm" and "$false" in bound.sources.get(name, "").lower() else VARIABLE
    if text and not text.strip("*"):
        return SECRET
    if cmdlet.parameters[name].kind in (Kind.SWITCH, Kind.BOOL) and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    return text


def _problems(cmdlet: Cmdlet, call: Call, bound: Bound, names: list[str], service: str) -> list[str]:
    """Return what the catalogue says of the cmdlet, its parameters, its set and its values."""
    found = cmdlet_problems(cmdlet, service, app_only=False)
    usable = []
    for name in names:
        problem = parameter_problem(cmdlet, cmdlet.parameters[name], service)
        if problem:
            found.append(problem)
        else:
            usable.append(name)
    if not bound.is_open and not bound.faults:
        found += _set_problems(cmdlet, call, usable, service)
    found += relation_problems(cmdlet, dict.fromkeys(names, True))
    sentences = [f"{p.problem} {p.suggestion}" if p.suggestion else p.problem for p in found]
    if cmdlet.lifecycle or cmdlet.deprecated:
        sentences += [s for s in cmdlet_warnings(cmdlet) if not s.startswith("Runs as")] or [
            f"{cmdlet.name} is deprecated."
        ]
    sentences += parameter_warnings(cmdlet, dict.fromkeys((n for n in usable if n not in _CONFIRM), False), service)
    return [*sentences, *_bad_values(cmdlet, bound)]


def _set_problems(cmdlet: Cmdlet, call: Call, names: list[str], service: str) -> list[Problem]:
    """Return why no parameter set fits, not even with one parameter that the pipeline may fill."""
    problems = resolve_set(cmdlet, names, service).problems
    if not problems or not call.is_piped:
        return problems
    takers = [p for p in cmdlet.parameters.values() if p.pipeline and p.name not in names]
    fits = any(not resolve_set(cmdlet, [*names, p.name], service).problems for p in takers if service in p.services)
    return [] if fits else problems


def _bad_values(cmdlet: Cmdlet, bound: Bound) -> list[str]:
    sentences = []
    for name, text in bound.texts.items():
        try:
            parse_text(cmdlet.parameters[name], text)
        except BadText as bad:
            sentences.append(f"{bad} {bad.suggestion}" if bad.suggestion else str(bad))
    return sentences
