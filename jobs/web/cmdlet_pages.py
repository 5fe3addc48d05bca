"""What the pages of the catalogue show: finished values for the templates."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from jobs.catalogue.availability import cmdlet_problems, cmdlet_warnings
from jobs.catalogue.cmdlets import Cmdlet, Parameter, ParameterSet
from jobs.catalogue.problems import Problem
from jobs.catalogue.search import Match, facets, search
from jobs.web.words import EFFECTS_SHORT, RISKS, SERVICES

ROWS = 50
MOST_SHOWN = 160
_EVERYTHING = 10_000


@dataclass(frozen=True, slots=True)
class CmdletRow:
    """One found cmdlet; `matched` are the parameters by which it was found."""

    cmdlet: Cmdlet
    risk: str
    effect: str
    services: str
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a filter with the number of all cmdlets that have it; `query` chooses it, or takes it away."""

    label: str
    number: int
    chosen: bool
    query: str


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search: the first rows, and how many there are."""

    rows: list[CmdletRow]
    number: int

    @property
    def left_out(self) -> int:
        """How many were found and are not shown."""
        return self.number - len(self.rows)


@dataclass(frozen=True, slots=True)
class SetColumn:
    """One parameter set beside the others: its name, what it requires, where it exists if not everywhere."""

    name: str
    required: tuple[str, ...]
    services: str
    default: bool


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter as the cmdlet's page lists it."""

    name: str
    type: str
    accepted: str
    required: str
    notes: tuple[str, ...]

    @property
    def is_long(self) -> bool:
        """Whether the accepted values fold away."""
        return len(self.accepted) > MOST_SHOWN


def found(text: str, *, verb: str, service: str, risk: str) -> Found:
    """Return the cmdlets that `text` may mean, within the chosen facets."""
    matches = search(text, verb=verb or None, service=service or None, risk=risk or None, limit=_EVERYTHING)
    return Found([_row(match) for match in matches[:ROWS]], len(matches))


def facet_values(query: QueryDict) -> dict[str, list[FacetValue]]:
    """Return the values of each facet with their counts, chosen as the address's `query` says."""
    known = facets()
    return {
        "risk": _values(query, "risk", known.risks, RISKS),
        "service": _values(query, "service", known.services, SERVICES),
        "verb": _values(query, "verb", known.verbs, {}),
    }


def service_names(services: tuple[str, ...]) -> str:
    """Return services in words, separated by commas."""
    return ", ".join(SERVICES[service] for service in services)


def launch_problems(cmdlet: Cmdlet) -> list[Problem]:
    """Return why the cmdlet can be launched in no service with an app-only connection; empty when it can."""
    by_service = [cmdlet_problems(cmdlet, service, app_only=True) for service in cmdlet.services]
    return [] if not all(by_service) else by_service[0]


def notes(cmdlet: Cmdlet) -> list[str]:
    """Return what to know about the cmdlet before it is launched."""
    dry_run = service_names(cmdlet.whatif_in)
    return [*cmdlet_warnings(cmdlet), f"A dry run (WhatIf) works in {dry_run}." if dry_run else "No dry run."]


def set_columns(cmdlet: Cmdlet) -> list[SetColumn]:
    """Return the parameter sets that exist in a service."""
    return [_set_column(s, cmdlet) for s in cmdlet.parameter_sets if s.services]


def parameter_rows(cmdlet: Cmdlet) -> list[ParameterRow]:
    """Return the parameters, those that some set requires first, on-premises ones last, each part by name."""
    rows = sorted(cmdlet.parameters.values(), key=lambda p: (not p.services, not p.required_in_sets, p.name))
    return [_parameter_row(parameter, cmdlet) for parameter in rows]


def _row(match: Match) -> CmdletRow:
    cmdlet = match.cmdlet
    return CmdletRow(
        cmdlet, RISKS[cmdlet.risk], EFFECTS_SHORT[cmdlet.effect], service_names(cmdlet.services), match.matched[:3]
    )


def _values(query: QueryDict, facet: str, counts: Mapping[str, int], labels: Mapping[str, str]) -> list[FacetValue]:
    values, chosen = [], query.get(facet, "")
    for value, number in counts.items():
        other = query.copy()
        other.pop(facet, None)
        if value != chosen:
            other[facet] = value
        values.append(FacetValue(labels.get(value, value), number, value == chosen, f"?{other.urlencode()}"))
    return values


def _set_column(parameter_set: ParameterSet, cmdlet: Cmdlet) -> SetColumn:
    elsewhere = parameter_set.services != cmdlet.services
    required = tuple(name for name in parameter_set.parameters if name in parameter_set.required)
    services = f"Only in {service_names(parameter_set.services)}" if elsewhere else ""
    return SetColumn(parameter_set.name, required, services, parameter_set.default)


def _parameter_row(parameter: Parameter, cmdlet: Cmdlet) -> ParameterRow:
    several = "several" if parameter.multivalued else ""
    shape = "switch" if parameter.switch else ", ".join(filter(None, (str(parameter.kind), several)))
    return ParameterRow(parameter.name, shape, _accepted(parameter), _required(parameter, cmdlet), _notes(parameter))


def _accepted(parameter: Parameter) -> str:
    if values := parameter.enum_values or parameter.values:
        return ", ".join(values) + (" …" if parameter.values_open else "")
    if parameter.range:
        return f"{parameter.range[0]:,} to {parameter.range[1]:,}"
    return f"at most {parameter.max_length:,} characters" if parameter.max_length else ""


def _required(parameter: Parameter, cmdlet: Cmdlet) -> str:
    if not parameter.required_in_sets:
        return ""
    if "*" in parameter.required_in_sets or len(parameter.required_in_sets) == len(cmdlet.parameter_sets):
        return "always"
    return f"in {', '.join(parameter.required_in_sets)}"


def _notes(parameter: Parameter) -> tuple[str, ...]:
    said = (
        ("on-premises only", not parameter.services),
        ("reserved", parameter.reserved),
        ("secret: not in forms", parameter.secret),
        ("deprecated", parameter.deprecated),
        ("documentation advises against it", parameter.discouraged),
        (f"use {parameter.replaced_by}", bool(parameter.replaced_by)),
        ("takes + and - for a partial change", parameter.add_remove),
        (f"default {parameter.default}", bool(parameter.default)),
    )
    return tuple(words for words, applies in said if applies)
