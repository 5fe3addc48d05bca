"""Properties that a reader shows, derived from the parameters of the cmdlets that write them."""

from typing import Any

from portal.sandbox.engine.catalogue import Catalogue, Parameter

_SKIPPED = frozenset(
    {
        "Confirm",
        "WhatIf",
        "Identity",
        "Name",
        "Password",
        "Force",
        "DomainController",
        "OrganizationalUnit",
        "Organization",
    }
)
_SKIPPED_KINDS = frozenset({"secret", "credential", "stream", "certificate", "bytes", "switch"})
_WRITERS_OF = {
    "EXOMailbox": ("Mailbox",),
    "EXOCasMailbox": ("CASMailbox",),
    "EXORecipient": ("Recipient",),
    "EXOMailboxStatistics": ("MailboxStatistics",),
}
_ENABLED = frozenset({"CASMailbox", "EXOCasMailbox", "CASMailboxPlan"})
_cache: dict[tuple[int, str], dict[str, Any]] = {}


def template(catalogue: Catalogue, noun: str) -> dict[str, Any]:
    """Default values of a noun's properties, with the annotations of typed values. Shared: never change it."""
    key = (id(catalogue), noun)
    found = _cache.get(key)
    if found is None:
        found = _cache[key] = _build(catalogue, noun)
    return found


def annotated(row: dict[str, Any]) -> dict[str, Any]:
    """A row with companion `@odata.type` members for values that are not plain text or numbers (3.5)."""
    result: dict[str, Any] = {}
    for name, value in row.items():
        tag = _tag(name, value)
        if tag:
            result[f"{name}@odata.type"] = tag
        result[name] = value
    return result


def _tag(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "#Collection(String)"
    if name.endswith("Guid") and isinstance(value, str):
        return "#Guid"
    if isinstance(value, str) and name.startswith("When"):
        return "#System.DateTime"
    return ""


def _build(catalogue: Catalogue, noun: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for source in _WRITERS_OF.get(noun, (noun,)):
        cmdlets = catalogue.nouns.get(source, {})
        for verb in ("Set", "New"):
            for parameter in cmdlets[verb].parameters.values() if verb in cmdlets else ():
                if parameter.name not in _SKIPPED and parameter.kind not in _SKIPPED_KINDS and not parameter.switch:
                    row.setdefault(parameter.name, _default(parameter, enabled=noun in _ENABLED))
    return annotated(row)


def _default(parameter: Parameter, *, enabled: bool) -> Any:
    stated = parameter.default
    if parameter.kind == "bool":
        return stated == "$true" if stated else enabled and parameter.name.endswith("Enabled")
    if parameter.multivalued or parameter.kind in {"collection", "hashtable"}:
        return []
    if stated in {"$null", "None"} or stated is None:
        if parameter.strict and parameter.values and parameter.values[0] != "$null":
            return parameter.values[0]
        return _EMPTY.get(parameter.kind, "")
    if parameter.kind in {"int", "number"}:
        return int(stated) if stated.lstrip("-").isdigit() else 0
    return stated


_EMPTY: dict[str, Any] = {
    "int": 0,
    "number": 0,
    "unlimited": "Unlimited",
    "datetime": None,
    "identity": None,
    "guid": "00000000-0000-0000-0000-000000000000",
    "timespan": "00:00:00",
    "other": None,
}
