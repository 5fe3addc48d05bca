"""One form field per parameter, built from the catalogue: which control, which choices, which help."""

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.catalogue.availability import parameter_problem
from jobs.catalogue.cmdlets import Cmdlet, Parameter, ParameterSet
from jobs.catalogue.kinds import Kind
from jobs.catalogue.parameter_sets import required_parameters, sets_of_service
from jobs.catalogue.problems import Problem
from jobs.web.parameter_texts import PREFIX

_UNFILLABLE = frozenset({Kind.SECRET, Kind.CREDENTIAL, Kind.STREAM})
_HELP = {
    Kind.DATETIME: "For example 2027-03-31 14:00. UTC unless a zone is given (+01:00).",
    Kind.TIMESPAN: "Days.hours:minutes:seconds, for example 7.00:00:00.",
    Kind.SIZE: "A number with a unit, for example 50 GB.",
    Kind.UNLIMITED: "A number, or Unlimited.",
    Kind.HASHTABLE: "A PowerShell hashtable, for example @{Key='value'}.",
    Kind.BYTES: "The content in Base64.",
    Kind.GUID: "A GUID.",
    Kind.ADDRESS: "An e-mail address.",
}


@dataclass(frozen=True, slots=True)
class ParameterField:
    """A form field. `control` is one of text, number, switch, tristate, select, lines; `choices` feed it."""

    name: str
    control: str
    value: str
    required: bool
    choices: tuple[str, ...]
    bounds: tuple[int, int] | None
    help: str
    type: str
    problems: tuple[Problem, ...]

    @property
    def html_name(self) -> str:
        """The name under which a browser sends it."""
        return f"{PREFIX}{self.name}"

    @property
    def suggests(self) -> bool:
        """Whether the choices are suggestions for free text."""
        return self.control == "text" and bool(self.choices)

    @property
    def foreign(self) -> bool:
        """Whether the value is none of the choices of its list; it is shown all the same."""
        known = ("", "yes", "no") if self.control == "tristate" else ("", *(choice.lower() for choice in self.choices))
        return self.value.lower() not in known


@dataclass(frozen=True, slots=True)
class FieldGroups:
    """The fields of one parameter set: what must be given, what names the object, and the folded rest.

    `elsewhere` are values typed for parameters of other sets: kept, and not used. `unfillable` are required secrets.
    """

    required: list[ParameterField]
    likely: list[ParameterField]
    optional: list[ParameterField]
    elsewhere: Mapping[str, str]
    unfillable: list[str]

    @property
    def filled(self) -> int:
        """How many of the folded fields hold a value or a problem; then they are shown unfolded."""
        return sum(bool(field.value or field.problems) for field in self.optional)

    @property
    def unfillable_words(self) -> str:
        """The required secrets as a sentence, or nothing."""
        return f"It requires {', '.join(self.unfillable)}." if self.unfillable else ""


def usable_sets(cmdlet: Cmdlet, service: str) -> list[ParameterSet]:
    """Return the parameter sets to choose from; an empty `service` means any of the cmdlet's."""
    services = [service] if service else list(cmdlet.services)
    names = {s.name for one in services for s in sets_of_service(cmdlet, one)}
    return [s for s in cmdlet.parameter_sets if s.name in names]


def field_groups(
    cmdlet: Cmdlet,
    parameter_set: ParameterSet,
    *,
    service: str,
    texts: Mapping[str, str],
    problems: Mapping[str, list[Problem]],
) -> FieldGroups:
    """Return the fields of `parameter_set` with what was typed and what is wrong with it, by parameter name."""
    services = [service] if service else list(cmdlet.services)
    required = frozenset[str].intersection(*(required_parameters(cmdlet, parameter_set, s) for s in services))
    shown = [name for name in parameter_set.parameters if is_fillable(cmdlet, cmdlet.parameters[name], services)]
    fields = {
        name: _field(cmdlet, cmdlet.parameters[name], name in required, texts.get(name, ""), problems.get(name, []))
        for name in shown
    }
    likely = [name for name in shown if name not in required and _is_likely(cmdlet, parameter_set, name)]
    return FieldGroups(
        required=[fields[name] for name in shown if name in required],
        likely=[fields[name] for name in likely],
        optional=[fields[name] for name in sorted(shown) if name not in required and name not in likely],
        elsewhere={name: text for name, text in texts.items() if name not in fields},
        unfillable=sorted(name for name in required if name not in fields),
    )


def is_fillable(cmdlet: Cmdlet, parameter: Parameter, services: list[str]) -> bool:
    """Whether a form may ask for `parameter`: usable in a service, no secret, and not Confirm, which is always sent."""
    if parameter.kind in _UNFILLABLE or parameter.name == "Confirm":
        return False
    if parameter.name == "WhatIf":
        return any(service in cmdlet.whatif_in for service in services)
    return any(parameter_problem(cmdlet, parameter, service) is None for service in services)


def _is_likely(cmdlet: Cmdlet, parameter_set: ParameterSet, name: str) -> bool:
    """Whether a field is shown unfolded although it is optional: it names the object, bounds the answer, or is rare."""
    own = sum(name in other.parameters for other in cmdlet.parameter_sets) == 1 and len(cmdlet.parameter_sets) > 1
    first = parameter_set.positions.get(name) == 0
    return own or first or name in ("Identity", "ResultSize", "WhatIf") or len(parameter_set.parameters) <= 6


def _field(cmdlet: Cmdlet, parameter: Parameter, required: bool, value: str, problems: list[Problem]) -> ParameterField:
    control, choices = _control(parameter)
    return ParameterField(
        name=parameter.name,
        control=control,
        value=value,
        required=required,
        choices=choices,
        bounds=parameter.range,
        help=_help(cmdlet, parameter, control),
        type="" if control in ("switch", "tristate") else f"{parameter.kind}{', several' * parameter.multivalued}",
        problems=tuple(problems),
    )


def _control(parameter: Parameter) -> tuple[str, tuple[str, ...]]:
    if parameter.kind is Kind.SWITCH:
        return "switch", ()
    if parameter.multivalued or parameter.add_remove:
        return "lines", ()
    if parameter.kind is Kind.BOOL:
        return "tristate", ()
    if parameter.kind is Kind.ENUM and parameter.enum_values and not parameter.values_open:
        return "select", parameter.enum_values
    if parameter.kind is Kind.UNLIMITED:
        return "text", ("Unlimited",)
    return ("number" if parameter.kind is Kind.INT else "text"), parameter.enum_values or parameter.values


def _help(cmdlet: Cmdlet, parameter: Parameter, control: str) -> str:
    told = []
    if parameter.name == "WhatIf":
        told.append("A dry run: says what would happen and changes nothing.")
    if control == "lines":
        told.append("One value a line.")
        if parameter.enum_values or parameter.values:
            told.append(f"Values: {', '.join(parameter.enum_values or parameter.values)}.")
        if parameter.add_remove and cmdlet.risk != "read":
            told.append("The list replaces what is there. Lines that begin with + or - add or remove just those.")
    elif parameter.kind in _HELP:
        told.append(_HELP[parameter.kind])
    if parameter.range:
        told.append(f"{parameter.range[0]:,} to {parameter.range[1]:,}.")
    if parameter.max_length:
        told.append(f"At most {parameter.max_length:,} characters.")
    if parameter.deprecated:
        told.append("Deprecated." + (f" Use {parameter.replaced_by}." if parameter.replaced_by else ""))
    if parameter.discouraged:
        told.append("The documentation advises against it.")
    if parameter.default:
        told.append(f"Default: {parameter.default}.")
    return " ".join(told)
