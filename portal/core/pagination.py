"""Pages by key: the cost of a page does not depend on how deep it lies."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 50
CHUNK_SIZE = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in order, with the cursors of the pages before and after (empty where there is none)."""

    rows: Sequence[Row]
    next_cursor: str
    has_previous: bool


def page_by_key(rows: QuerySet[Row], *, order: str, cursor: str, size: int = PAGE_SIZE) -> Page[Row]:
    """Return the page of `rows` after `cursor`, ordered by the field `order` (`-` first for descending), then by id.

    `cursor` is what an earlier page called `next_cursor`; an empty or unreadable one means the first page.
    """
    field = order.lstrip("-")
    descending = order.startswith("-")
    sign, comparison = ("-", "lt") if descending else ("", "gt")
    rows = rows.order_by(f"{sign}{field}", f"{sign}pk")
    after = _decode(cursor)
    if after is not None:
        value, key = after
        # "At or beyond" says nothing new, but it is what an index can start from: an OR alone reads from the beginning.
        beyond = Q(**{f"{field}__{comparison}e": value}) & (
            Q(**{f"{field}__{comparison}": value}) | Q(**{f"pk__{comparison}": key})
        )
        try:
            rows = rows.filter(beyond)
        except (ValidationError, ValueError, TypeError, OverflowError):
            after = None
    found = list(rows[: size + 1])
    shown = found[:size]
    next_cursor = _encode(_value(shown[-1], field), shown[-1].pk) if len(found) > size else ""
    return Page(shown, next_cursor, has_previous=after is not None)


def lost_place(page: Page[Row], cursor: str) -> list[str]:
    """Return the sentence to say when `page` is the first one although `cursor` asked for another."""
    lost = cursor and not page.has_previous
    return ["The place in the list could not be read: this is its beginning."] if lost else []


def each_by_key(rows: QuerySet[Row], *, order: str, size: int = CHUNK_SIZE) -> Iterator[Row]:
    """Yield all of `rows` in the order of `page_by_key`, `size` in memory at a time, with what is prefetched."""
    cursor = ""
    while True:
        page = page_by_key(rows, order=order, cursor=cursor, size=size)
        yield from page.rows
        cursor = page.next_cursor
        if not cursor:
            return


def _value(row: Model, field: str) -> Any:
    value: Any = row
    for part in field.split("__"):
        value = getattr(value, part)
    return value


def _encode(value: Any, key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, key], default=str).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[Any, Any] | None:
    try:
        value, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        can_be_asked = b"\0" not in f"{value}{key}".encode()  # PostgreSQL takes neither NUL nor half a surrogate pair
    except (ValueError, TypeError, RecursionError):
        return None
    return (value, key) if can_be_asked else None
