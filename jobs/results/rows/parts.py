"""Rows cut into parts: the columns of up to 500 rows, ready to be stored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jobs.results.rows.values import Kind, common_kind, measure, text_of
from portal.core.text import storable

PART_SIZE = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One object of an answer: its target's position in the run, its number in the answer, its properties."""

    position: int
    number: int
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one column of a part; `amounts` are None where the kind has none."""

    name: str
    kind: Kind
    texts: list[str | None]
    amounts: list[float | None] | None

    @property
    def filled(self) -> int:
        """How many values are not empty."""
        return len(self.texts) - self.texts.count(None)


def cut(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows in parts of at most `PART_SIZE`."""
    remaining = iter(rows)
    while part := list(islice(remaining, PART_SIZE)):
        yield part


def columns_of(rows: Sequence[Row]) -> list[Column]:
    """Return the columns of a part in the order in which they first occur, annotations left out."""
    names = dict.fromkeys(name for row in rows for name in row.properties if "@" not in name)
    return [_column(name, [row.properties.get(name) for row in rows]) for name in names]


def search_text(columns: Sequence[Column]) -> str:
    """Return a line a row with its distinct values in lower case."""
    lines = (
        "\t".join(dict.fromkeys(text for text in texts if text))
        for texts in zip(*(c.texts for c in columns), strict=True)
    )
    return "\n".join(" ".join(line.lower().splitlines()) for line in lines)


def _column(name: str, values: Sequence[Any]) -> Column:
    texts = [text_of(value) for value in values]
    measured = [measure(value) if text else (Kind.EMPTY, None) for value, text in zip(values, texts, strict=True)]
    kind = common_kind({kind for kind, _ in measured})
    amounts = [amount for _, amount in measured] if kind.has_amounts or kind is Kind.UNLIMITED else None
    return Column(storable(name), kind, texts, amounts)
