"""Result bodies: rows as compressed JSON lines, and back."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import zstandard

LEVEL = 3


@dataclass(frozen=True, slots=True)
class Body:
    """Rows as they are stored: compressed JSON lines, with counts and hash of the lines uncompressed."""

    compressed: bytes
    row_count: int
    byte_count: int
    sha256: str
    columns: list[str]


def pack(rows: Sequence[Mapping[str, Any]]) -> Body:
    """Return `rows` as a stored body; columns keep the order in which Exchange sent them, annotations left out."""
    lines = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    columns = list(dict.fromkeys(key for row in rows for key in row if "@" not in key))
    return Body(compress(lines), len(rows), len(lines), hashlib.sha256(lines).hexdigest(), columns)


def unpack(compressed: bytes) -> Iterator[dict[str, Any]]:
    """Yield the rows of a stored body."""
    for line in decompress(compressed).splitlines():
        yield orjson.loads(line)


def pack_exchanges(exchanges: Iterable[Any]) -> bytes:
    """Return recorded requests and responses as compressed JSON."""
    return compress(orjson.dumps(list(exchanges), default=str))


def unpack_exchanges(compressed: bytes) -> list[dict[str, Any]]:
    """Return the recorded requests and responses."""
    exchanges: list[dict[str, Any]] = orjson.loads(decompress(compressed))
    return exchanges


def compress(content: bytes) -> bytes:
    """Compress with zstd."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(content)


def decompress(content: bytes) -> bytes:
    """Undo `compress`."""
    return zstandard.ZstdDecompressor().decompress(content)
