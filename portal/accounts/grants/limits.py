"""Limits of a grant, as they are stored: the one place that reads and writes that form.

`{"cmdlets": ["Get-Mailbox"], "named_sets": [3], "verbs": ["Get"], "risks": ["read"], "parameters": ["Identity"],
"forbidden_parameters": ["ForwardingSmtpAddress"], "spares_partners_own": true}`; what is missing does not limit.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from portal.core.authority import NO_LIMITS, Limits

KEYS = frozenset(
    {
        "cmdlets",
        "named_sets",
        "verbs",
        "risks",
        "parameters",
        "forbidden_parameters",
        "spares_partners_own",
    }
)


def read_limits(stored: Mapping[str, Any], named_sets: Mapping[str, Any], *, of_role: Limits = NO_LIMITS) -> Limits:
    """Return the limits that `stored` means, together with those that the role has itself.

    `named_sets` gives name and cmdlets by id: `{"3": ["Mail flow read", ["Get-TransportRule"]]}`. One that was deleted
    holds no cmdlet any more.
    """
    if not stored:
        return of_role
    cmdlets, names = _cmdlets(stored, named_sets)
    return Limits(
        cmdlets=cmdlets,
        named_sets=names,
        verbs=_both(of_role.verbs, _set(stored, "verbs")),
        risks=_both(of_role.risks, _set(stored, "risks")),
        parameters=_set(stored, "parameters"),
        forbidden_parameters=_set(stored, "forbidden_parameters") or frozenset(),
        spares_partners_own=of_role.spares_partners_own or bool(stored.get("spares_partners_own")),
    )


def _cmdlets(stored: Mapping[str, Any], sets: Mapping[str, Any]) -> tuple[frozenset[str] | None, tuple[str, ...]]:
    if "cmdlets" not in stored and "named_sets" not in stored:
        return None, ()
    wanted = [sets[str(pk)] for pk in stored.get("named_sets", ()) if str(pk) in sets]
    named = lowered(name for _, cmdlets in wanted for name in cmdlets)
    return lowered(stored.get("cmdlets", ())) | named, tuple(name for name, _ in wanted)


def _set(stored: Mapping[str, Any], key: str) -> frozenset[str] | None:
    return lowered(stored[key]) if key in stored else None


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def lowered(names: Iterable[str]) -> frozenset[str]:
    """Return the names in lower case."""
    return frozenset(name.lower() for name in names)
