"""Which parameter set a call uses, or why none fits."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

from jobs.catalogue.cmdlets import Cmdlet, ParameterSet
from jobs.catalogue.problems import Problem

_MOST_PAIRS = 5


@dataclass(frozen=True, slots=True)
class Resolution:
    """The set that fits, or None and the problems that say why none does."""

    parameter_set: ParameterSet | None
    problems: list[Problem]


def required_parameters(cmdlet: Cmdlet, parameter_set: ParameterSet, service: str) -> frozenset[str]:
    """Return what `parameter_set` requires in `service`.

    A parameter that the service lacks is not required there, and on a reserved, deprecated or ineffective one
    "required" is only a slip of the documentation.
    """
    return frozenset(name for name in parameter_set.required if not _waived(cmdlet, name, service))


def _waived(cmdlet: Cmdlet, name: str, service: str) -> bool:
    parameter = cmdlet.parameters[name]
    return (
        service not in parameter.services
        or parameter.reserved
        or parameter.deprecated
        or service in parameter.nonfunctional_in
    )


def sets_of_service(cmdlet: Cmdlet, service: str) -> list[ParameterSet]:
    """Return the sets that can be used in `service`; never empty.

    A set is left out if what made it a set of its own is a required parameter that the service lacks.
    """
    listed = [s for s in cmdlet.parameter_sets if service in s.services] or list(cmdlet.parameter_sets)
    if len(listed) < 2:
        return listed
    everywhere = frozenset[str].intersection(*(s.required for s in listed))
    kept = [
        s
        for s in listed
        if not any(_waived(cmdlet, name, service) for name in s.required - everywhere)
        or required_parameters(cmdlet, s, service) - everywhere
    ]
    return kept or listed


def resolve_set(cmdlet: Cmdlet, given: Collection[str], service: str) -> Resolution:
    """Return the set that the canonical parameter names `given` select in `service`."""
    usable = sets_of_service(cmdlet, service)
    placed = [name for name in given if any(name in s.parameters for s in cmdlet.parameter_sets)]
    candidates = [s for s in usable if all(name in s.parameters for name in placed)]
    if not candidates:
        return Resolution(None, _conflicts(cmdlet, usable, placed))
    missing = {s.name: required_parameters(cmdlet, s, service) - set(given) for s in candidates}
    complete = [s for s in candidates if not missing[s.name]]
    if not complete:
        return Resolution(None, _missing(cmdlet, candidates, missing))
    return Resolution(_preferred(complete), [])


def _preferred(complete: list[ParameterSet]) -> ParameterSet:
    """Return the default set if it fits, else the one that asks for most and allows least."""
    for parameter_set in complete:
        if parameter_set.default:
            return parameter_set
    return min(complete, key=lambda s: (-len(s.required), len(s.parameters)))


def _conflicts(cmdlet: Cmdlet, usable: list[ParameterSet], placed: list[str]) -> list[Problem]:
    """Say which parameters exclude each other, or that these together fit nothing."""
    homes = {name: [s.name for s in usable if name in s.parameters] for name in placed}
    homeless = [
        Problem(name, f"{name} belongs to no parameter set of {cmdlet.name} that this service has.")
        for name, sets in homes.items()
        if not sets
    ]
    pairs = [
        Problem(
            second,
            f"{first} and {second} cannot be used together: {first} belongs to {_named(homes[first])}, "
            f"{second} to {_named(homes[second])}.",
            f"Leave out {first} or {second}.",
        )
        for first, second in combinations(placed, 2)
        if homes[first] and homes[second] and not set(homes[first]) & set(homes[second])
    ]
    if homeless or pairs:
        return homeless + pairs[:_MOST_PAIRS]
    narrow = [name for name in placed if len(homes[name]) < len(usable)]
    reason = f"No parameter set of {cmdlet.name} has {_listed(narrow)} together."
    return [Problem(narrow[-1] if narrow else None, reason, "Leave out one of them.")]


def _missing(cmdlet: Cmdlet, candidates: list[ParameterSet], missing: dict[str, frozenset[str]]) -> list[Problem]:
    """Name what the nearest set lacks, and the alternatives if several sets are equally near."""
    fewest = min(len(names) for names in missing.values())
    nearest = [s for s in candidates if len(missing[s.name]) == fewest]
    defaults = [s for s in nearest if s.default]
    choices = list(dict.fromkeys(tuple(sorted(missing[s.name])) for s in (defaults or nearest)))
    if len(choices) == 1:
        return [Problem(name, f"{cmdlet.name} requires {name}.", f"Give {name}.") for name in choices[0]]
    alternatives = "; or ".join(_listed(list(names)) for names in choices[:6])
    return [
        Problem(None, f"{cmdlet.name} requires one of these: {alternatives}.", f"Give {_listed(list(choices[0]))}.")
    ]


def _named(sets: list[str]) -> str:
    return f"the set {sets[0]}" if len(sets) == 1 else f"the sets {_listed(sets[:6])}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "these parameters"
