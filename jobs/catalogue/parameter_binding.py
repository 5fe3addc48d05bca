"""Which value belongs to which parameter of a written command, as PowerShell decides it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.catalogue.cmdlets import Cmdlet, Parameter, nearest
from jobs.catalogue.kinds import Kind
from jobs.catalogue.parameter_names import COMMON_PARAMETERS
from jobs.catalogue.powershell_commands import Argument, Command
from jobs.catalogue.powershell_values import NotLiteral, OpenTable, Unread, shown
from jobs.catalogue.text_values import typed_text

_UNITS = {"k": 10, "m": 20, "g": 30, "t": 40, "p": 50}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([kmgtp])b", re.IGNORECASE | re.ASCII)
_NO_VALUE = object()


@dataclass
class Bound:
    """The text of each parameter; `left_out` says what was not taken over and why, `notes` what to know.

    `given` are all parameters that stand there, also those whose value could not be read or is a secret; `sources` is
    what is written for them. `faults` are those of `left_out` that PowerShell itself would refuse; `is_open` says that
    there are more parameters in a table that is not known.
    """

    texts: dict[str, str] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    sources: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_open: bool = False

    def refuse(self, fault: str) -> None:
        """Leave out what PowerShell would refuse."""
        self.left_out.append(fault)
        self.faults.append(fault)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A parameter's name as written with what was written for it; without a name it stands for its position."""

    name: str | None
    argument: Argument | None
    value: object = _NO_VALUE

    def read(self, variables: Mapping[str, object]) -> object:
        """Return the value; raises `NotLiteral`."""
        if isinstance(self.value, Unread):
            raise NotLiteral(f"{shown(self.value.text)} is computed by PowerShell: type its value.")
        return self.argument.value(variables) if self.argument else self.value

    @property
    def source(self) -> str:
        """What is written for the value."""
        if self.argument:
            return self.argument.text
        return self.value.text if isinstance(self.value, Unread) else ""


def bind(cmdlet: Cmdlet, command: Command, variables: Mapping[str, object]) -> Bound:
    """Return what `command` gives to the parameters of `cmdlet`."""
    bound = Bound()
    unnamed = []
    for pair in _pairs(cmdlet, command, variables, bound):
        if pair.name is None:
            unnamed.append(pair)
        elif (parameter := _parameter(cmdlet, pair.name, bound)) is not None:
            _take(parameter, pair, variables, bound)
    _by_position(cmdlet, unnamed, variables, bound)
    return bound


def _pairs(cmdlet: Cmdlet, command: Command, variables: Mapping[str, object], bound: Bound) -> list[_Pair]:
    """Return names with their values: a name takes the next value, a switch only one tied with a colon."""
    pairs: list[_Pair] = []
    waiting: str | None = None
    for argument in command.arguments:
        if waiting is not None and argument.name is None and argument.splatted is None:
            pairs.append(_Pair(waiting, argument))
            waiting = None
            continue
        if waiting is not None:
            pairs.append(_Pair(waiting, None))
            waiting = None
        if argument.splatted is not None:
            pairs += _splatted(argument, variables, bound)
        elif argument.name is not None and not argument.nodes and not _is_switch(cmdlet, argument.name):
            waiting = argument.name
        else:
            pairs.append(_Pair(argument.name, argument if argument.nodes else None))
    return [*pairs, _Pair(waiting, None)] if waiting is not None else pairs


def _splatted(argument: Argument, variables: Mapping[str, object], bound: Bound) -> list[_Pair]:
    table = variables.get(argument.splatted or "")
    if isinstance(table, dict):
        return [_Pair(name, None, item) for name, item in table.items()]
    bound.is_open = True
    bound.left_out.append(f"{shown(argument.text)} holds parameters that are not in this text: type them.")
    return [_Pair(name, None, item) for name, item in table.entries.items()] if isinstance(table, OpenTable) else []


def _is_switch(cmdlet: Cmdlet, typed: str) -> bool:
    names = _meant(cmdlet, typed)
    parameter = cmdlet.parameters.get(names[0]) if len(names) == 1 else None
    return parameter.kind is Kind.SWITCH if parameter else names in (["Verbose"], ["Debug"])


def _meant(cmdlet: Cmdlet, typed: str) -> list[str]:
    """Return the parameters that a name may mean, in any case, as an alias or as its beginning."""
    lower = typed.lower()
    common = {name.lower(): name for name in COMMON_PARAMETERS} | {a: name for name, a in COMMON_PARAMETERS.items()}
    known = common | cmdlet.names_by_lower
    if lower in known:
        return [known[lower]]
    usable = {
        name for key, name in known.items() if key.startswith(lower) and not _is_elsewhere(cmdlet.parameters.get(name))
    }
    return sorted(usable)


def _is_elsewhere(parameter: Parameter | None) -> bool:
    return parameter is not None and not parameter.services


def _parameter(cmdlet: Cmdlet, typed: str, bound: Bound) -> Parameter | None:
    """Return the parameter that a name means, or None after saying why there is none."""
    names = _meant(cmdlet, typed)
    if len(names) != 1:
        bound.refuse(_unknown(cmdlet, typed, names))
        return None
    if names[0] in cmdlet.parameters:
        return cmdlet.parameters[names[0]]
    bound.notes.append(f"-{names[0]} is left out: Signalbox records every answer, warning and error.")
    return None


def _unknown(cmdlet: Cmdlet, typed: str, names: list[str]) -> str:
    if names:
        shown_names = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
        return f"`-{typed}` may mean {shown_names}: write the whole name."
    near = nearest(typed, [name for name, p in cmdlet.parameters.items() if p.services])
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"{cmdlet.name} has no parameter named `-{typed[:80]}`.{meant}"


def _take(parameter: Parameter, pair: _Pair, variables: Mapping[str, object], bound: Bound) -> None:
    """Keep the text of one parameter, or say why it is left out."""
    name = parameter.name
    bound.given.add(name)
    bound.sources.setdefault(name, pair.source)
    if parameter.secret:
        bound.left_out.append(f"{name} is a secret: type it into its field. What was pasted for it is not kept.")
        return
    if name in bound.texts:
        bound.refuse(f"{name} is given twice: the first value is kept.")
        return
    try:
        value = _value(parameter, pair, variables)
        if name == "Confirm":
            if value is not False:
                bound.left_out.append("-Confirm asks a question that nobody answers: it is left out.")
            return
        bound.texts[name] = written(parameter, value)
    except NotLiteral as reason:
        bound.left_out.append(f"{name}: {reason}")


def _value(parameter: Parameter, pair: _Pair, variables: Mapping[str, object]) -> object:
    if pair.argument is None and pair.value is _NO_VALUE:
        if parameter.kind is Kind.SWITCH:
            return True
        raise NotLiteral("no value stands behind it.")
    return pair.read(variables)


def written(parameter: Parameter, value: object) -> str:
    """Return what a person would type for a value that PowerShell read; raises `NotLiteral`."""
    if parameter.multivalued and isinstance(value, str | int | float) and not isinstance(value, bool):
        value = [value]
    if isinstance(value, list):
        items = [_counted(parameter, item) for item in value]
        if parameter.kind is Kind.ENUM and not parameter.multivalued:
            return ", ".join(map(str, items))
        if parameter.multivalued or parameter.add_remove or parameter.kind in (Kind.OTHER, Kind.HASHTABLE):
            return typed_text(parameter, items)
        raise NotLiteral(f"takes one value, and {len(items)} are given.")
    if isinstance(value, dict) and parameter.add_remove:
        value = {key.capitalize(): item if isinstance(item, list) else [item] for key, item in value.items()}
    if isinstance(value, bool) and parameter.kind not in (Kind.BOOL, Kind.SWITCH):
        return str(value)
    return typed_text(parameter, _counted(parameter, value))


def _counted(parameter: Parameter, value: object) -> object:
    """Return a number for a number written with a unit or in hexadecimal digits, where the parameter counts."""
    counts = parameter.kind in (Kind.INT, Kind.NUMBER) or parameter.name.endswith("ResultSize")
    if not counts or not isinstance(value, str):
        return value
    if size := _SIZE.fullmatch(value.strip()):
        return int(float(size.group(1)) * 2 ** _UNITS[size.group(2).lower()])
    try:
        return int(value, 16) if value.lower().startswith("0x") else value
    except ValueError:
        return value


def _by_position(cmdlet: Cmdlet, unnamed: list[_Pair], variables: Mapping[str, object], bound: Bound) -> None:
    """Give the values without a name to the positions that are left in the set that fits best."""
    if not unnamed:
        return
    free = _positions(cmdlet, bound.given, len(unnamed))
    for pair, name in zip(unnamed, free, strict=False):
        _take(cmdlet.parameters[name], pair, variables, bound)
    for pair in unnamed[len(free) :]:
        bound.refuse(f"{shown(pair.argument.text if pair.argument else '')} belongs to no parameter: name it.")


def _positions(cmdlet: Cmdlet, given: set[str], number: int) -> list[str]:
    """Return the names of the positions not given by name: of a set that has enough, and what is given."""
    choices = [
        ([name for name in sorted(s.positions, key=lambda n: s.positions[n]) if name not in given], s)
        for s in cmdlet.parameter_sets
        if s.services
    ]
    ranked = sorted(
        choices,
        key=lambda choice: (
            len(choice[0]) < number,
            not given <= set(choice[1].parameters),
            not choice[1].default,
            "Identity" not in choice[1].positions,
        ),
    )
    return ranked[0][0] if ranked else []
