"""The catalogue of Exchange Online and Security & Compliance cmdlets: 941 cmdlets, read from one data file."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import orjson
from rapidfuzz import fuzz, process

from jobs.catalogue import secret_values
from jobs.catalogue.corrections import NOT_REQUIRED, PARAMETERS, Correction
from jobs.catalogue.effects import Effect, cmdlet_effect
from jobs.catalogue.kinds import COLLECTIONS, Kind, element_kind

Risk = Literal["read", "change", "destructive", "session"]
Service = Literal["exo", "scc", "eop"]

_DATA = Path(__file__).parent / "data" / "cmdlets.json"

APP_ONLY_EXCLUDED = frozenset(
    {
        "Add-UnifiedGroupLinks",
        "Get-ComplianceSearchAction",
        "Invoke-ComplianceSearchActionStep",
        "Invoke-ComplianceSecurityFilterAction",
        "Invoke-HoldRemovalAction",
        "New-ComplianceSearch",
        "New-ComplianceSearchAction",
        "New-UnifiedGroup",
        "Remove-UnifiedGroup",
        "Remove-UnifiedGroupLinks",
        "Start-ComplianceSearch",
    }
)
"""Cmdlets that an application without a signed-in user may not run (exchange-protocol.md 4.6)."""


class UnknownCmdlet(LookupError):
    """No cmdlet has this name; `nearest` holds up to three names that are spelt alike, best first."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        super().__init__(f"There is no cmdlet named {name!r}.")
        self.name = name
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of one cmdlet.

    `type` is the documented .NET type and `kind` the shape of one element. `accepted_values` is a closed list;
    `values` are documented tokens that may be incomplete (`values_open` says that they are). `services` are the
    services that have the parameter, empty if it is on-premises only. `range` bounds numbers, both ends included;
    `max_length` counts characters of one element.
    """

    name: str
    type: str
    kind: Kind
    type_alt: str | None
    switch: bool
    multivalued: bool
    add_remove: bool
    values: tuple[str, ...]
    values_open: bool
    accepted_values: tuple[str, ...]
    enum_values: tuple[str, ...]
    range: tuple[int, int] | None
    max_length: int | None
    default: str | None
    aliases: tuple[str, ...]
    services: tuple[str, ...]
    required_in_sets: tuple[str, ...]
    maybe_sets: tuple[str, ...]
    nonfunctional_in: tuple[str, ...]
    conflicts_with: tuple[str, ...]
    needs_all_of: tuple[str, ...]
    needs_one_of: tuple[str, ...]
    reserved: bool
    deprecated: bool
    discouraged: bool
    replaced_by: str | None
    pipeline: str | None
    position: int | None

    @property
    def secret(self) -> bool:
        """Whether the value is a password, a key or a credential."""
        return self.kind in (Kind.SECRET, Kind.CREDENTIAL) or self.name in secret_values.NAMES


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One way to call a cmdlet. `positions` are 0-based; `services` is empty for an on-premises set."""

    name: str
    parameters: tuple[str, ...]
    required: frozenset[str]
    positions: Mapping[str, int]
    services: tuple[str, ...]
    default: bool


@dataclass(frozen=True)
class Cmdlet:
    """One cmdlet.

    `whatif_in` are the services where a dry run works; `snapshot` says how to read the object before and after a
    change; `lifecycle` holds the documented tokens (retired, replaced, …).
    """

    name: str
    verb: str
    noun: str
    services: tuple[str, ...]
    risk: Risk
    effect: Effect
    parameters: Mapping[str, Parameter]
    parameter_sets: tuple[ParameterSet, ...]
    deprecated: bool
    lifecycle: tuple[str, ...]
    replaced_by: tuple[str, ...]
    supports_should_process: bool
    whatif_in: tuple[str, ...]
    snapshot: Mapping[str, Any] | None
    danger_parameters: tuple[str, ...]
    module_only: bool
    requires_role: tuple[str, ...]
    app_only_excluded: bool
    reserved: bool
    preview: bool
    onprem: bool

    @cached_property
    def names_by_lower(self) -> dict[str, str]:
        """Return canonical parameter names by lower-case name and alias."""
        names = {alias.lower(): name for name, p in self.parameters.items() for alias in p.aliases}
        return names | {name.lower(): name for name in self.parameters}


@cache
def _file() -> tuple[str, dict[str, Any], dict[str, str]]:
    """Return the version, the raw cmdlets by name and the documented kind of each type."""
    content = _DATA.read_bytes()
    data = orjson.loads(content)
    return hashlib.sha256(content).hexdigest()[:12], data["cmdlets"], data["meta"]["type_kinds"]


def raw_cmdlets() -> Mapping[str, Any]:
    """Return the data file's entries by cmdlet name, for indexes that do not need whole objects."""
    return _file()[1]


@cache
def _names_by_lower() -> dict[str, str]:
    return {name.lower(): name for name in raw_cmdlets()}


# Types whose documented tokens are split over several lists of which the data holds one: roles such as Editor are
# missing from the first, the default MoveToJmf from the second.
_INCOMPLETE_ENUMS = frozenset({"MailboxFolderAccessRight[]", "PhishFilteringAction"})


@cache
def _enum_tokens() -> dict[str, tuple[str, ...]]:
    """Return the tokens of each .NET type: what any cmdlet documents for it, if that reads like a whole enumeration."""
    tokens: dict[str, dict[str, str]] = {}
    incomplete = set(_INCOMPLETE_ENUMS)
    for cmdlet in raw_cmdlets().values():
        for p in cmdlet["parameters"].values():
            if p.get("values_open"):
                incomplete.add(p["type"])
            for token in (*p.get("accepted_values", ()), *p.get("values", ())):
                if token != "$null":  # noqa: S105  PowerShell's null, listed among the tokens
                    tokens.setdefault(p["type"], {}).setdefault(token.lower(), token)
    return {
        type_name: tuple(found.values())
        for type_name, found in tokens.items()
        if type_name not in incomplete and len(found) > 1 and not any(token.isdecimal() for token in found)
    }


def catalogue_version() -> str:
    """Return the first 12 hex digits of the SHA-256 of the data file."""
    return _file()[0]


def find(name: str) -> Cmdlet:
    """Return the cmdlet of this name in any case; raises `UnknownCmdlet`."""
    canonical = _names_by_lower().get(name.lower())
    if canonical is None:
        raise UnknownCmdlet(name, nearest(name, _names_by_lower().values()))
    return _build(canonical)


def all_cmdlets() -> tuple[Cmdlet, ...]:
    """Return every cmdlet, by name."""
    return tuple(_build(name) for name in raw_cmdlets())


def nearest(name: str, choices: Any, *, limit: int = 3) -> tuple[str, ...]:
    """Return up to `limit` of `choices` that are spelt like `name`, best first; empty if none is close."""
    found = process.extract(
        name[:128], list(choices), scorer=fuzz.ratio, processor=str.lower, limit=limit, score_cutoff=70
    )
    return tuple(choice for choice, _, _ in found)


def closest(name: str, choices: Sequence[str]) -> str:
    """Return the one of `choices`, of which there must be some, that is spelt most like `name`, however unlike."""
    return max(choices, key=lambda choice: fuzz.ratio(name[:128].lower(), choice.lower()))


@cache
def _build(name: str) -> Cmdlet:
    raw = raw_cmdlets()[name]
    services = tuple(raw["services"])
    effect = cmdlet_effect(name, verb=raw["verb"], risk=raw["risk"], active_read=raw.get("active_read", False))
    return Cmdlet(
        name=name,
        verb=raw["verb"],
        noun=raw["noun"],
        services=services,
        risk=raw["risk"],
        effect=effect,
        parameters={
            key: _parameter(key, value, services, PARAMETERS.get((name, key), Correction()))
            for key, value in raw["parameters"].items()
        },
        parameter_sets=tuple(_parameter_set(name, key, value) for key, value in raw["parameter_sets"].items()),
        deprecated=raw.get("deprecated", False),
        lifecycle=tuple(raw.get("lifecycle", ())),
        replaced_by=tuple(raw.get("replaced_by", ())),
        supports_should_process=raw.get("supports_should_process", False),
        whatif_in=tuple(raw.get("whatif_in", ())),
        snapshot=raw.get("snapshot"),
        danger_parameters=tuple(raw.get("danger_parameters", ())),
        module_only=raw.get("module_only", False),
        requires_role=tuple(raw.get("requires_role", ())),
        app_only_excluded=name in APP_ONLY_EXCLUDED,
        reserved=raw.get("reserved", False),
        preview=raw.get("preview", False),
        onprem=raw.get("onprem", False),
    )


def _parameter(
    name: str, derived: Mapping[str, Any], cmdlet_services: tuple[str, ...], correction: Correction
) -> Parameter:
    raw = {**derived, **correction}
    type_name = raw["type"]
    accepted = tuple(raw.get("accepted_values", ()))
    documented = _file()[2].get(type_name, "other")
    open_list = documented.startswith("other") and "accepted_values" not in correction
    known = _enum_tokens().get(type_name, ()) if open_list else ()
    bounds = raw.get("range")
    return Parameter(
        name=name,
        type=type_name,
        kind=raw.get("kind") or element_kind(type_name, documented, enumerated=bool(known or accepted)),
        type_alt=raw.get("type_alt"),
        switch=raw.get("switch", False),
        multivalued=raw.get("multivalued", False),
        add_remove=raw.get("add_remove", False) or type_name in COLLECTIONS,
        values=tuple(raw.get("values", ())),
        values_open=raw.get("values_open", False),
        accepted_values=accepted,
        enum_values=tuple(dict.fromkeys((*accepted, *known))) or accepted,
        range=(bounds[0], bounds[1]) if bounds else None,
        max_length=raw.get("max_length"),
        default=raw.get("default"),
        aliases=tuple(raw.get("aliases", ())),
        services=tuple(raw.get("services", cmdlet_services)),
        required_in_sets=tuple(raw.get("required_in_sets", ())),
        maybe_sets=tuple(raw.get("maybe_sets", ())),
        nonfunctional_in=tuple(raw.get("nonfunctional_in", ())),
        conflicts_with=tuple(raw.get("conflicts_with", ())),
        needs_all_of=tuple(raw.get("needs_all_of", ())),
        needs_one_of=tuple(raw.get("needs_one_of", ())),
        reserved=raw.get("reserved", False),
        deprecated=raw.get("deprecated", False),
        discouraged=raw.get("discouraged", False),
        replaced_by=raw.get("replaced_by"),
        pipeline=raw.get("pipeline"),
        position=raw.get("position"),
    )


def _parameter_set(cmdlet_name: str, name: str, raw: Mapping[str, Any]) -> ParameterSet:
    cmdlet = raw_cmdlets()[cmdlet_name]
    items = raw["parameters"]
    doubtful = tuple(key for key, value in cmdlet["parameters"].items() if name in value.get("maybe_sets", ()))
    return ParameterSet(
        name=name,
        parameters=tuple(dict.fromkeys((*(item["name"] for item in items), *doubtful))),
        required=frozenset(item["name"] for item in items if item.get("required"))
        - NOT_REQUIRED.get((cmdlet_name, name), frozenset()),
        positions={item["name"]: item["position"] for item in items if "position" in item},
        services=tuple(raw.get("services", cmdlet["services"])),
        default=raw.get("default", False),
    )
