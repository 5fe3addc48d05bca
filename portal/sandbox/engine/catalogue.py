"""The cmdlet catalogue as the engine reads it from its JSON data file."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import orjson

from portal.sandbox.http import Json

SESSION_RISK = "session"
COMMON_PARAMETERS = frozenset(
    {
        "erroraction",
        "warningaction",
        "informationaction",
        "verbose",
        "debug",
        "errorvariable",
        "warningvariable",
        "informationvariable",
        "progressaction",
    }
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `kind` is the catalogue's class of its .NET type (`string`, `bool`, `identity`, `other`, …)."""

    name: str
    type: str
    kind: str
    switch: bool
    multivalued: bool
    values: tuple[str, ...]
    strict: bool
    default: str | None
    range: tuple[float, float] | None
    max_length: int | None
    services: frozenset[str]
    reserved: bool


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Names of a set's parameters in lower case, and those that must be given."""

    name: str
    members: frozenset[str]
    required: tuple[str, ...]
    first: str | None


class Cmdlet:
    """One cmdlet; parameters and sets are read when first needed."""

    def __init__(self, raw: Json, kinds: dict[str, str]) -> None:
        self._raw = raw
        self._kinds = kinds
        self.name: str = raw["name"]
        self.verb: str = raw["verb"]
        self.noun: str = raw["noun"]
        self.risk: str = raw["risk"]
        self.services: frozenset[str] = frozenset(raw["services"])
        self.confirms: bool = raw.get("supports_should_process", False)
        snapshot = raw.get("snapshot") or {}
        self.reader: str = snapshot.get("get", "")
        self.keys: tuple[str, ...] = tuple((snapshot.get("by") or "Identity").split(","))

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Parameters by lower-case name and alias, without those that exist on-premises only."""
        found: dict[str, Parameter] = {}
        for name, raw in self._raw["parameters"].items():
            parameter = self._parameter(name, raw)
            if parameter.services:
                for key in (name, *raw.get("aliases", ())):
                    found.setdefault(key.lower(), parameter)
        return found

    @cached_property
    def sets(self) -> list[ParameterSet]:
        """Parameter sets that exist in the cloud."""
        return [
            self._set(name, raw)
            for name, raw in self._raw["parameter_sets"].items()
            if raw.get("services") is None or raw["services"]
        ]

    def serves(self, services: frozenset[str]) -> bool:
        """Whether the cmdlet exists in any of the connected services."""
        return bool(self.services & services)

    def _parameter(self, name: str, raw: Json) -> Parameter:
        accepted, values = raw.get("accepted_values"), raw.get("values")
        limits = raw.get("range")
        kind = self._kinds.get(raw["type"], "other")
        return Parameter(
            name=name,
            type=raw["type"],
            kind=kind,
            switch=raw.get("switch", False),
            multivalued=raw.get("multivalued", False) or raw["type"].endswith("[]"),
            values=tuple(accepted or values or ()),
            # A list taken from prose may be incomplete: it only rejects where the type is an enumeration (NOTES.md).
            strict=bool(accepted) or (bool(values) and kind.startswith("other") and not raw.get("values_open")),
            default=raw.get("default"),
            range=(limits[0], limits[1]) if limits else None,
            max_length=raw.get("max_length"),
            services=self.services if raw.get("services") is None else frozenset(raw["services"]),
            reserved=raw.get("reserved", False),
        )

    def _set(self, name: str, raw: Json) -> ParameterSet:
        listed = [entry["name"] for entry in raw["parameters"]]
        maybe = [key for key, entry in self._raw["parameters"].items() if name in entry.get("maybe_sets", ())]
        required = [entry["name"] for entry in raw["parameters"] if entry.get("required")]
        positions = sorted((e["position"], e["name"]) for e in raw["parameters"] if "position" in e)
        return ParameterSet(
            name,
            frozenset(key.lower() for key in (*listed, *maybe)),
            tuple(key for key in required if self._needed(key)),
            positions[0][1] if positions else None,
        )

    def _needed(self, name: str) -> bool:
        parameter = self.parameters.get(name.lower())
        return parameter is not None and not parameter.reserved and parameter.services == self.services


class Catalogue:
    """All cmdlets by name, any case."""

    def __init__(self, raw: Json) -> None:
        kinds: dict[str, str] = raw["meta"]["type_kinds"]
        entries = raw["cmdlets"]
        listed = entries.values() if isinstance(entries, dict) else entries
        self._by_name = {entry["name"].lower(): Cmdlet(entry, kinds) for entry in listed}
        self.nouns: dict[str, dict[str, Cmdlet]] = {}
        for cmdlet in self._by_name.values():
            self.nouns.setdefault(cmdlet.noun, {})[cmdlet.verb] = cmdlet

    @classmethod
    def load(cls, path: Path) -> "Catalogue":
        """Read the data file."""
        return cls(orjson.loads(path.read_bytes()))

    def find(self, name: str) -> Cmdlet | None:
        """The cmdlet with this name; `None` if unknown, or if it only exists in a PowerShell session."""
        cmdlet = self._by_name.get(name.lower())
        return None if cmdlet is None or cmdlet.risk == SESSION_RISK else cmdlet

    def of(self, services: frozenset[str]) -> list[Cmdlet]:
        """Cmdlets that exist in any of the services."""
        return [c for c in self._by_name.values() if c.serves(services) and c.risk != SESSION_RISK]
