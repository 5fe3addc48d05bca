"""What parameters of one call say about each other, apart from the parameter sets."""

from collections.abc import Mapping
from datetime import datetime

from jobs.catalogue.cmdlets import Cmdlet, Parameter
from jobs.catalogue.problems import Problem


def relation_problems(cmdlet: Cmdlet, values: Mapping[str, object]) -> list[Problem]:
    """Check companions, and exclusions inside a set. A parameter given as false or null asks for nothing."""
    active = [
        cmdlet.parameters[name]
        for name, value in values.items()
        if name in cmdlet.parameters and value is not None and value is not False
    ]
    names = {p.name for p in active}
    problems = []
    for index, parameter in enumerate(active):
        for other in (p.name for p in active[:index]):
            excluded = other in parameter.conflicts_with or parameter.name in cmdlet.parameters[other].conflicts_with
            if excluded and any({other, parameter.name} <= set(s.parameters) for s in cmdlet.parameter_sets):
                reason = f"{other} and {parameter.name} cannot be used together."
                problems.append(Problem(parameter.name, reason, f"Leave out {other} or {parameter.name}."))
        problems += _companion_problems(cmdlet, parameter, names)
    return problems


def _companion_problems(cmdlet: Cmdlet, parameter: Parameter, names: set[str]) -> list[Problem]:
    problems = []
    absent = [name for name in parameter.needs_all_of if name not in names and cmdlet.parameters[name].services]
    if absent:
        reason = f"{parameter.name} works only together with {' and '.join(absent)}."
        problems.append(Problem(parameter.name, reason, f"Give {' and '.join(absent)}."))
    if parameter.needs_one_of and not names & set(parameter.needs_one_of):
        reason = f"{parameter.name} works only together with one of {', '.join(parameter.needs_one_of)}."
        problems.append(Problem(parameter.name, reason, f"Give {parameter.needs_one_of[0]}."))
    return problems


def period_problems(typed: Mapping[str, object]) -> list[Problem]:
    """Refuse a period that ends before it begins: StartDate and EndDate, StartReceivedDate and EndReceivedDate, …

    `typed` holds typed values by canonical name; datetimes are UTC.
    """
    problems = []
    for start_name, start in typed.items():
        end_name = start_name.replace("Start", "End", 1)
        end = typed.get(end_name)
        if isinstance(start, datetime) and isinstance(end, datetime) and end < start:
            reason = f"{end_name} ({_written(end)}) is before {start_name} ({_written(start)})."
            suggestion = f"Give a {start_name} that is not after {end_name}."
            problems.append(Problem(end_name, reason, suggestion))
    return problems


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
