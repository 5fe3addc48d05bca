"""Parameters beside parameter sets: which belongs where, and what it takes."""

from dataclasses import dataclass

from jobs.catalogue.cmdlets import Cmdlet, Parameter, ParameterSet
from jobs.web.cmdlet_pages import service_names

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class SetColumn:
    """One parameter set: its number in the matrix, what it requires, where it exists if not everywhere."""

    number: int
    name: str
    required: tuple[str, ...]
    services: str
    default: bool


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter; `cells` say for each set "required", "optional" or nothing."""

    name: str
    type: str
    accepted: str
    aliases: tuple[str, ...]
    notes: tuple[str, ...]
    required: str
    cells: tuple[str, ...]

    @property
    def is_long(self) -> bool:
        """Whether the accepted values fold away."""
        return len(self.accepted) > MOST_SHOWN


@dataclass(frozen=True, slots=True)
class Matrix:
    """The sets and parameters of a cmdlet.

    `telling` are those that not every set has or that some set requires; `common` the optional ones of every set;
    `elsewhere` those that no service has. `text` narrows all three to names that contain it.
    """

    columns: list[SetColumn]
    telling: list[ParameterRow]
    common: list[ParameterRow]
    elsewhere: list[ParameterRow]
    number: int
    text: str

    @property
    def shown(self) -> int:
        """How many parameters the text leaves."""
        return len(self.telling) + len(self.common) + len(self.elsewhere)


def parameter_matrix(cmdlet: Cmdlet, text: str) -> Matrix:
    """Return the parameters whose name or alias contains `text`, required ones first."""
    sets = [s for s in cmdlet.parameter_sets if s.services]
    wanted = text.strip().lower()
    kept = [p for p in cmdlet.parameters.values() if any(wanted in name.lower() for name in (p.name, *p.aliases))]
    kept.sort(key=lambda p: (not any(p.name in s.required for s in sets), p.name))
    rows = {p.name: _row(p, sets) for p in kept}
    here = [p for p in kept if p.services]
    return Matrix(
        columns=[_column(number, s, cmdlet) for number, s in enumerate(sets, 1)] if len(sets) > 1 else [],
        telling=[rows[p.name] for p in here if _is_telling(p, sets)],
        common=[rows[p.name] for p in here if not _is_telling(p, sets)],
        elsewhere=[rows[p.name] for p in kept if not p.services],
        number=len(cmdlet.parameters),
        text=text.strip(),
    )


def _is_telling(parameter: Parameter, sets: list[ParameterSet]) -> bool:
    everywhere = all(parameter.name in s.parameters for s in sets)
    return not everywhere or any(parameter.name in s.required for s in sets)


def _column(number: int, parameter_set: ParameterSet, cmdlet: Cmdlet) -> SetColumn:
    required = tuple(name for name in parameter_set.parameters if name in parameter_set.required)
    elsewhere = parameter_set.services != cmdlet.services
    services = f"Only in {service_names(parameter_set.services)}" if elsewhere else ""
    return SetColumn(number, parameter_set.name, required, services, parameter_set.default)


def _row(parameter: Parameter, sets: list[ParameterSet]) -> ParameterRow:
    cells = tuple(_cell(parameter, s) for s in sets)
    always = bool(cells) and all(cell == "required" for cell in cells)
    shape = "switch" if parameter.switch else str(parameter.kind) + (", several" if parameter.multivalued else "")
    return ParameterRow(
        name=parameter.name,
        type=shape,
        accepted=_accepted(parameter),
        aliases=parameter.aliases,
        notes=_notes(parameter),
        required="required" if always else "",
        cells=cells,
    )


def _cell(parameter: Parameter, parameter_set: ParameterSet) -> str:
    if parameter.name in parameter_set.required:
        return "required"
    return "optional" if parameter.name in parameter_set.parameters else ""


def _accepted(parameter: Parameter) -> str:
    if values := parameter.enum_values or parameter.values:
        return ", ".join(values) + (" …" if parameter.values_open else "")
    if parameter.range:
        return f"{parameter.range[0]:,} to {parameter.range[1]:,}"
    return f"at most {parameter.max_length:,} characters" if parameter.max_length else ""


def _notes(parameter: Parameter) -> tuple[str, ...]:
    said = (
        ("reserved", parameter.reserved),
        ("secret: never shown again", parameter.secret),
        ("deprecated", parameter.deprecated),
        ("documentation advises against it", parameter.discouraged),
        (f"use {parameter.replaced_by}", bool(parameter.replaced_by)),
        ("takes + and - for a partial change", parameter.add_remove),
        (f"default {parameter.default}", bool(parameter.default)),
    )
    return tuple(words for words, applies in said if applies)
