"""One form field per parameter, built from the catalogue: which control, which choices, what stands in it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from jobs.catalogue.availability import parameter_problem
from jobs.catalogue.cmdlets import Cmdlet, Parameter, ParameterSet
from jobs.catalogue.kinds import Kind
from jobs.catalogue.parameter_sets import required_parameters, sets_of_service
from jobs.catalogue.problems import Problem
from jobs.web.parameter_controls import choices_of, control_of, is_nullable, units_of
from jobs.web.parameter_help import help_of, in_words
from jobs.web.parameter_parts import NULL, rows_of, split
from jobs.web.parameter_texts import PREFIX

_UNFILLABLE = frozenset({Kind.CREDENTIAL, Kind.STREAM})
_NUMBERED = re.compile(r"(\D+)(\d*)")
_SELF_EXPLAINING = frozenset(
    {"count", "datetime", "duration", "guid", "radio", "secret", "select", "size", "table", "tristate"}
)
_TRISTATE = {"yes": ("on", "true", "$true", "1", "yes"), "no": ("off", "false", "$false", "0", "no")}


@dataclass(frozen=True, slots=True)
class ParameterField:
    """A form field. `control` is one of those of `control_of`; `choices` feed it; `parts` are the values of its parts.

    `value` is the text itself, shown as it was typed where the control has no parts for it (`is_raw`).
    """

    name: str
    control: str
    value: str
    required: bool
    choices: tuple[str, ...]
    units: tuple[str, ...]
    parts: Mapping[str, str]
    rows: tuple[tuple[str, str], ...]
    is_raw: bool
    nullable: bool
    help: str
    words: str
    type: str
    problems: tuple[Problem, ...] = field(default=())

    @property
    def html_name(self) -> str:
        """The name under which a browser sends it."""
        return f"{PREFIX}{self.name}"

    @property
    def own(self) -> str:
        """What stands in the control itself, beside its other parts."""
        return self.parts.get("", "")

    @property
    def chosen(self) -> tuple[str, ...]:
        """The values that are ticked."""
        return tuple(line.strip().lower() for line in self.value.replace(",", "\n").splitlines())

    @property
    def foreign(self) -> tuple[str, ...]:
        """Values that are none of the choices; they are shown all the same."""
        known = {"", "yes", "no", NULL} if self.control == "tristate" else {"", NULL}
        known |= {choice.lower() for choice in self.choices}
        values = self.value.splitlines() if self.control == "checks" else [self.value]
        return tuple(value for value in values if value.lower() not in known)

    @property
    def is_group(self) -> bool:
        """Whether the control is several inputs under one legend."""
        return not self.is_raw and self.control in ("tristate", "radio", "checks", "change", "duration", "table")

    @property
    def documented(self) -> tuple[str, ...]:
        """The values that a list of texts may hold, where they are no boxes to tick."""
        return self.choices if self.control in ("lines", "change") else ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is typed and nothing is wrong."""
        return not self.value and not self.problems


@dataclass(frozen=True, slots=True)
class FieldGroups:
    """The fields of one parameter set: what must be given, what names the object, what is filled in, the folded rest.

    `elsewhere` are values typed for parameters of other sets: kept, and not used. `unfillable` are required parameters
    that no form can give.
    """

    required: list[ParameterField]
    likely: list[ParameterField]
    filled: list[ParameterField]
    optional: list[ParameterField]
    elsewhere: Mapping[str, str]
    unfillable: list[str]

    @property
    def all(self) -> list[ParameterField]:
        """Every field, in the order of the page."""
        return [*self.required, *self.likely, *self.filled, *self.optional]

    @property
    def asks_for_time(self) -> bool:
        """Whether a field takes a point in time, and so a time zone."""
        return any(field.control == "datetime" for field in self.all)

    @property
    def unfillable_words(self) -> str:
        """The required parameters that no form can give as a sentence, or nothing."""
        return f"It requires {', '.join(self.unfillable)}." if self.unfillable else ""


def usable_sets(cmdlet: Cmdlet, service: str) -> list[ParameterSet]:
    """Return the parameter sets to choose from; an empty `service` means any of the cmdlet's."""
    services = [service] if service else list(cmdlet.services)
    names = {s.name for one in services for s in sets_of_service(cmdlet, one)}
    return [s for s in cmdlet.parameter_sets if s.name in names]


def required_in(cmdlet: Cmdlet, parameter_set: ParameterSet, service: str) -> frozenset[str]:
    """Return what the set requires in `service`, or in each of the cmdlet's services when that is empty."""
    services = [service] if service else list(cmdlet.services)
    return frozenset[str].intersection(*(required_parameters(cmdlet, parameter_set, s) for s in services))


def field_groups(
    cmdlet: Cmdlet,
    parameter_set: ParameterSet,
    *,
    service: str,
    texts: Mapping[str, str],
    problems: Mapping[str, list[Problem]],
    inputs: Collection[str] = (),
) -> FieldGroups:
    """Return the fields of `parameter_set` with what was typed and what is wrong with it, by parameter name.

    `inputs` are required besides what the set requires.
    """
    services = [service] if service else list(cmdlet.services)
    required = required_in(cmdlet, parameter_set, service) | set(inputs) & set(parameter_set.parameters)
    shown = [name for name in parameter_set.parameters if is_fillable(cmdlet, cmdlet.parameters[name], services)]
    fields = {
        name: _field(cmdlet, cmdlet.parameters[name], name in required, texts.get(name, ""), problems.get(name, []))
        for name in shown
    }
    likely = [name for name in shown if name not in required and _is_likely(cmdlet, parameter_set, name)]
    rest = [fields[name] for name in sorted(shown, key=_natural) if name not in required and name not in likely]
    return FieldGroups(
        required=[fields[name] for name in shown if name in required],
        likely=[fields[name] for name in likely],
        filled=[field for field in rest if not field.is_empty],
        optional=[field for field in rest if field.is_empty],
        elsewhere={name: text for name, text in texts.items() if name not in fields and not _is_secret(cmdlet, name)},
        unfillable=sorted(name for name in required if name not in fields),
    )


def is_fillable(cmdlet: Cmdlet, parameter: Parameter, services: list[str]) -> bool:
    """Whether a form may ask for `parameter`: usable in a service, and not Confirm, which is always sent."""
    if parameter.kind in _UNFILLABLE or parameter.name == "Confirm":
        return False
    if parameter.name == "WhatIf":
        return any(service in cmdlet.whatif_in for service in services)
    return any(parameter_problem(cmdlet, parameter, service) is None for service in services)


def _is_secret(cmdlet: Cmdlet, name: str) -> bool:
    return name in cmdlet.parameters and cmdlet.parameters[name].secret


def _is_likely(cmdlet: Cmdlet, parameter_set: ParameterSet, name: str) -> bool:
    """Whether a field is shown unfolded although it is optional: it names the object, bounds the answer, or is rare."""
    own = sum(name in other.parameters for other in cmdlet.parameter_sets) == 1 and len(cmdlet.parameter_sets) > 1
    first = parameter_set.positions.get(name) == 0
    return own or first or name in ("Identity", "ResultSize", "WhatIf") or len(parameter_set.parameters) <= 6


def _field(cmdlet: Cmdlet, parameter: Parameter, required: bool, text: str, problems: list[Problem]) -> ParameterField:
    control = control_of(cmdlet, parameter)
    text = "" if control == "secret" else _three_states(text) if control == "tristate" else text
    parts = split(control, text)
    return ParameterField(
        name=parameter.name,
        control=control,
        value=text,
        required=required,
        choices=choices_of(parameter),
        units=units_of(parameter),
        parts=parts or {},
        rows=tuple(rows_of(text) or ()) if control == "table" else (),
        is_raw=parts is None,
        nullable=is_nullable(cmdlet, parameter, required=required),
        help=help_of(cmdlet, parameter, control),
        words=in_words(parameter, text),
        type=_type(parameter, control),
        problems=tuple(problems),
    )


def _natural(name: str) -> list[tuple[str, int]]:
    """Return a key that sorts CustomAttribute2 before CustomAttribute10."""
    return [(text.lower(), int(number or 0)) for text, number in _NUMBERED.findall(name)]


def _three_states(text: str) -> str:
    return next((state for state, words in _TRISTATE.items() if text.strip().lower() in words), text)


def _type(parameter: Parameter, control: str) -> str:
    if control in ("change", "checks", "lines"):
        return "several"
    return "" if control in _SELF_EXPLAINING else str(parameter.kind)
