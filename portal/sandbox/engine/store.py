"""Objects of one organization: records with identities, collections of records, and the stores of a tenant."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from portal.sandbox.engine.catalogue import Catalogue
from portal.sandbox.engine.nouns import UNIONS, store_of
from portal.sandbox.engine.templates import template
from portal.sandbox.errors import ALREADY_EXISTS, NOT_FOUND, CmdletError
from portal.sandbox.world.organizations import Organization

if TYPE_CHECKING:
    from portal.sandbox.engine.binding import Bound

Row = dict[str, Any]

IDENTITY_PROPERTIES = (
    "Identity",
    "Name",
    "Guid",
    "Alias",
    "PrimarySmtpAddress",
    "UserPrincipalName",
    "DistinguishedName",
    "DisplayName",
    "ExternalDirectoryObjectId",
    "DomainName",
    "Id",
    "MessageId",
    "Domain",
)


@dataclass(slots=True)
class Record:
    """One object: `own` properties that all its facets share, and what each facet adds or changed."""

    own: Row
    facets: dict[str, Row] = field(default_factory=dict)
    children: dict[str, list[Row]] = field(default_factory=dict)

    def identities(self) -> list[str]:
        """Everything by which the object can be named, in lower case."""
        return [str(self.own[name]).lower() for name in IDENTITY_PROPERTIES if self.own.get(name)]

    def change(self, noun: str, values: Row) -> bool:
        """Apply new values under one facet; tell whether anything is different now."""
        changed = False
        facet = self.facets.setdefault(noun, {})
        for name, value in values.items():
            target = self.own if name in self.own else facet
            new = _merged(target.get(name), value) if _is_change_of_list(value) else value
            changed |= target.get(name) != new
            if name == "Name":
                self._rename(new)
            target[name] = new
        return changed

    def _rename(self, name: Any) -> None:
        for identity in ("Identity", "Id"):
            if self.own.get(identity) == self.own.get("Name"):
                self.own[identity] = name


def _is_change_of_list(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() <= {"add", "remove"}


def _merged(current: Any, change: Row) -> list[Any]:
    """A multivalued property after Add and Remove; values compare in any case. An empty change clears it (3.4)."""
    if not change:
        return []
    kept = list(current) if isinstance(current, list) else [current] if current else []
    removed = {str(value).lower() for value in change.get("remove", ())}
    kept = [value for value in kept if str(value).lower() not in removed]
    present = {str(value).lower() for value in kept}
    return kept + [value for value in change.get("add", ()) if str(value).lower() not in present]


class Collection:
    """The objects of one store, in order of creation, found by any identity."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.records: dict[int, Record] = {}
        self._index: dict[str, Record] = {}
        for record in records:
            self.add(record)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records.values())

    def __len__(self) -> int:
        return len(self.records)

    def find(self, identity: str) -> Record | None:
        """The record with this identity in any case; `\\folder` of a mailbox folder identity is ignored."""
        wanted = identity.lower()
        found = self._index.get(wanted)
        return found if found or ":" not in wanted else self._index.get(wanted.partition(":")[0])

    def add(self, record: Record) -> None:
        """Add a record. The first holder of an identity keeps it."""
        self.records[id(record)] = record
        for identity in record.identities():
            self._index.setdefault(identity, record)

    def remove(self, record: Record) -> None:
        """Remove a record and its identities."""
        self.records.pop(id(record), None)
        self._index = {key: held for key, held in self._index.items() if held is not record}

    def reindex(self, record: Record) -> None:
        """Learn a record's identities anew after a change of name."""
        self._index = {key: held for key, held in self._index.items() if held is not record}
        for identity in record.identities():
            self._index.setdefault(identity, record)


class TenantStore:
    """All stores of one organization, each made from the organization's seed when first touched."""

    def __init__(
        self,
        organization: Organization,
        catalogue: Catalogue,
        seeds: "Callable[[TenantStore, str], list[Record]]",
    ) -> None:
        self.organization = organization
        self.catalogue = catalogue
        self._seeds = seeds
        self._collections: dict[str, Collection] = {}

    def collection(self, noun: str) -> Collection:
        """The store that holds a noun's objects."""
        name = store_of(noun)
        found = self._collections.get(name)
        if found is None:
            found = self._collections[name] = Collection(self._seeds(self, name))
        return found

    def records(self, noun: str) -> list[Record]:
        """Every record that a noun's reader sees."""
        return [record for store in UNIONS.get(noun, (noun,)) for record in self.collection(store)]

    def find(self, noun: str, identity: str) -> Record | None:
        """One record by identity, over all stores of a union."""
        for store in UNIONS.get(noun, (noun,)):
            found = self.collection(store).find(identity)
            if found is not None:
                return found
        return None

    def get(self, noun: str, identity: str) -> Record:
        """One record by identity. Raises CmdletError (not found) as Exchange words it."""
        found = self.find(noun, identity)
        if found is None:
            raise not_found(self.organization, identity)
        return found

    def match(self, noun: str, identity: str) -> list[Record]:
        """Records by an identity that may hold wildcards; raises CmdletError if a plain one names nothing."""
        if "*" not in identity:
            return [self.get(noun, identity)]
        pattern = identity.lower()
        return [r for r in self.records(noun) if any(fnmatchcase(name, pattern) for name in r.identities())]

    def create(self, noun: str, record: Record) -> Record:
        """Add a record. Raises CmdletError if its name or address is taken."""
        collection = self.collection(noun)
        for name in ("Name", "PrimarySmtpAddress", "Alias", "Identity"):
            value = record.own.get(name)
            if value and collection.find(str(value)) is not None:
                raise CmdletError(ALREADY_EXISTS, f"The object '{value}' already exists.")
        collection.add(record)
        return record

    def render(self, noun: str, record: Record) -> Row:
        """A record as its noun's reader shows it."""
        return {**template(self.catalogue, noun), **record.own, **record.facets.get(noun, {})}


def not_found(organization: Organization, identity: object) -> CmdletError:
    """The refusal for an object that does not exist (8.4)."""
    forest = organization.country.region
    server = (
        f"{forest}PR01A{organization.index + 2:03d}DC001.{forest}PR01A{organization.index + 2:03d}.PROD.OUTLOOK.COM"
    )
    text = f"The operation couldn't be performed because object '{identity}' couldn't be found on '{server}'."
    return CmdletError(NOT_FOUND, text, 404)


def identity_of(bound: "Bound", keys: Iterable[str]) -> str | None:
    """The identity that a call names: by the reader's key, the parameter in first position, or its name."""
    first = bound.set.first if bound.set else None
    value = bound.first("Identity", *keys, *([first] if first else []), "Name", "Id", "DomainName")
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)
