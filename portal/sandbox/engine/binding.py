"""Binding of named parameters to one parameter set (exchange-protocol.md F36 to F38)."""

from dataclasses import dataclass
from typing import Any

from portal.sandbox.engine.catalogue import COMMON_PARAMETERS, Cmdlet, ParameterSet
from portal.sandbox.engine.types import TAG, convert
from portal.sandbox.errors import AMBIGUOUS, CmdletError

UNRESOLVED = "Parameter set cannot be resolved using the specified named parameters."


@dataclass(slots=True)
class Bound:
    """Parameters of one call by their catalogue names; `confirm` and `what_if` are taken out."""

    values: dict[str, Any]
    set: ParameterSet | None
    confirm: bool
    what_if: bool

    def first(self, *names: str) -> Any:
        """The value of the first of these parameters that was given, else `None`."""
        for name in names:
            if self.values.get(name) is not None:
                return self.values[name]
        return None


def bind(cmdlet: Cmdlet, given: dict[str, Any], services: frozenset[str]) -> Bound:
    """Bind what was given. Raises CmdletError for unknown, missing, conflicting or badly typed parameters."""
    tags = {name.removesuffix(TAG).lower(): tag for name, tag in given.items() if name.endswith(TAG)}
    named = {name: value for name, value in given.items() if not name.endswith(TAG)}
    unknown = [name for name in named if not _is_known(cmdlet, name.lower(), services)]
    if unknown:
        raise CmdletError(AMBIGUOUS, f"{UNRESOLVED} Invalid cmdlet parameters specified. {', '.join(unknown)}")
    values = {
        cmdlet.parameters[name.lower()].name: convert(
            cmdlet.parameters[name.lower()], value, str(tags.get(name.lower(), ""))
        )
        for name, value in named.items()
        if name.lower() in cmdlet.parameters
    }
    confirm, what_if = bool(values.pop("Confirm", False)), bool(values.pop("WhatIf", False))
    return Bound(values, _resolve(cmdlet, values), confirm, what_if)


def _is_known(cmdlet: Cmdlet, name: str, services: frozenset[str]) -> bool:
    parameter = cmdlet.parameters.get(name)
    return name in COMMON_PARAMETERS if parameter is None else bool(parameter.services & services)


def _resolve(cmdlet: Cmdlet, values: dict[str, Any]) -> ParameterSet | None:
    if not cmdlet.sets:
        return None
    names = {name.lower() for name in values}
    fitting = [candidate for candidate in cmdlet.sets if names <= candidate.members]
    if not fitting:
        raise CmdletError(
            AMBIGUOUS, f"{UNRESOLVED} The parameters {', '.join(sorted(values))} cannot be used together."
        )
    for candidate in fitting:
        if all(required in values for required in candidate.required):
            return candidate
    missing = min(([name for name in c.required if name not in values] for c in fitting), key=len)
    raise CmdletError(AMBIGUOUS, f"{UNRESOLVED} Missing mandatory parameters: {', '.join(missing)}.")
