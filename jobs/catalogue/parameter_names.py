"""Which parameter of a cmdlet, or which of PowerShell's common parameters, a typed name means."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from jobs.catalogue.cmdlets import Cmdlet, nearest
from jobs.catalogue.problems import Problem

ACTION_PREFERENCES = ("SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore", "Suspend", "Break")

COMMON_PARAMETERS = MappingProxyType(
    {
        "Debug": "db",
        "ErrorAction": "ea",
        "ErrorVariable": "ev",
        "InformationAction": "infa",
        "InformationVariable": "iv",
        "OutBuffer": "ob",
        "OutVariable": "ov",
        "PipelineVariable": "pv",
        "ProgressAction": "proga",
        "Verbose": "vb",
        "WarningAction": "wa",
        "WarningVariable": "wv",
    }
)
"""Parameters that every cmdlet has, with their aliases (exchange-protocol.md 3.4)."""

_COMMON_BY_LOWER = {name.lower(): name for name in COMMON_PARAMETERS} | {
    alias: name for name, alias in COMMON_PARAMETERS.items()
}


@dataclass(frozen=True, slots=True)
class Names:
    """Canonical parameter names with the name as it was given, and what was wrong with the rest."""

    given: dict[str, str]
    problems: list[Problem]


def resolve_names(cmdlet: Cmdlet, typed: Iterable[object], *, drop_confirm: bool) -> Names:
    """Return canonical names for `typed` in any case or as an alias.

    Prefixes are not completed: what is unambiguous today names another parameter after the next update. With
    `drop_confirm`, a Confirm that the cmdlet does not have is passed over instead of refused.
    """
    given: dict[str, str] = {}
    problems = []
    for name in typed:
        canonical = _canonical(cmdlet, name)
        if canonical is None:
            if not (drop_confirm and isinstance(name, str) and name.lower() in ("confirm", "cf")):
                problems.append(_unknown(cmdlet, name))
        elif canonical in given:
            problems.append(Problem(canonical, _twice(canonical, given[canonical], str(name)), "Give it once."))
        else:
            given[canonical] = str(name)
    return Names(given, problems)


def _canonical(cmdlet: Cmdlet, name: object) -> str | None:
    if not isinstance(name, str):
        return None
    return cmdlet.names_by_lower.get(name.lower()) or _COMMON_BY_LOWER.get(name.lower())


def _twice(canonical: str, first: str, second: str) -> str:
    if first.lower() == second.lower():
        return f"{canonical} is given twice."
    return f"{canonical} is given twice, as {first} and as {second}."


def _unknown(cmdlet: Cmdlet, name: object) -> Problem:
    if not isinstance(name, str) or not name.strip():
        return Problem(None, f"A parameter of {cmdlet.name} has no name.")
    shown = name[:80]
    bare = name.strip().lstrip("-").lower()
    exact = cmdlet.names_by_lower.get(bare) or _COMMON_BY_LOWER.get(bare)
    near = (exact,) if exact else _nearest_parameters(cmdlet, bare)
    return Problem(
        shown, f"{cmdlet.name} has no parameter named {shown}.", f"Did you mean {' or '.join(near)}?" if near else None
    )


def _nearest_parameters(cmdlet: Cmdlet, bare: str) -> tuple[str, ...]:
    usable = [name for name, parameter in cmdlet.parameters.items() if parameter.services]
    completed = [name for name in usable if len(bare) > 1 and name.lower().startswith(bare)]
    return tuple(completed[:3]) or nearest(bare, (*usable, *COMMON_PARAMETERS))
