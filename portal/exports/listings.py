"""What can be exported: every list registers itself here, with the rights that it needs and the way to its rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict

from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused

Row = Mapping[str, Any]
"""The cells of a row by column: text, numbers, booleans, aware datetimes, UUIDs, None; lists and mappings nest."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a listing is wanted: the thing whose parts are listed (or empty), and the query of the page."""

    of_id: str
    query: QueryDict


@dataclass(frozen=True, slots=True)
class Table:
    """What a listing shows to somebody: nothing is read before `columns` and `rows` are called.

    `url` is the page that lists it, `filters` the filter in words, `facts` what else a reader of the file should know.
    `total` is how many rows there will be; None where counting would cost as much as writing.
    """

    title: str
    columns: Callable[[], Sequence[str]]
    rows: Callable[[], Iterable[Row]]
    url: str
    total: int | None = None
    filters: str = ""
    facts: Sequence[tuple[str, str]] = ()
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Something that is listed on a page and can be exported by whoever holds all of `permissions`.

    `open` returns the table as the actor may see it at that moment; raises `Refused` when there is no such thing.
    """

    key: str
    title: str
    permissions: frozenset[Permission]
    open: Callable[[Actor, Selection], Table]

    def allows(self, actor: Actor) -> bool:
        """Whether `actor` may export this."""
        return self.permissions <= actor.permissions

    def require(self, actor: Actor) -> None:
        """Raise `PermissionRefused` unless `actor` may export this."""
        for permission in sorted(self.permissions):
            actor.require(permission)


def address(path: str, query: QueryDict) -> str:
    """Return the address of a page as it was looked at."""
    return f"{path}?{query.urlencode()}" if query else path


class ListingUnknown(Refused):
    """Nothing is listed under this key."""


_listings: dict[str, Listing] = {}


def register(listing: Listing) -> None:
    """Make a listing exportable; its key must be new."""
    if listing.key in _listings:
        raise ValueError(f"The listing {listing.key} is registered already.")
    _listings[listing.key] = listing


def listing_named(key: str) -> Listing:
    """Return the listing called `key`; raises `ListingUnknown`."""
    try:
        return _listings[key]
    except KeyError:
        raise ListingUnknown(f"Nothing is listed as “{key}” that could be exported.") from None


def listings() -> list[Listing]:
    """Return every listing by its title."""
    return sorted(_listings.values(), key=lambda listing: listing.title)
