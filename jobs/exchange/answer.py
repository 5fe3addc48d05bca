"""What a cmdlet answered, and the record of how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobs.exchange.errors import CmdletError

RECORDED_BYTES = 64 * 1024
_SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie"})
MASK = "(secret)"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response as they went over the wire, without secrets; kept as evidence.

    `status` is None if no answer came, and `problem` says why. Bodies are cut at 64 kB, which the flags say.
    `started_at` is aware UTC.
    """

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    request_body_truncated: bool
    started_at: datetime
    duration_ms: int
    status: int | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: str = ""
    response_body_truncated: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A cmdlet that Exchange carried out (HTTP 200).

    `rows` are the objects, without OData annotations. `errors` that are not empty mean that it was carried out only
    partly. `confirmation` is the text of a `WhatIf`. `is_truncated` says that more rows exist than were asked for.
    """

    rows: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]
    errors: tuple[CmdletError, ...]
    confirmation: str
    is_truncated: bool
    pages: int
    request_id: str
    client_request_id: str
    server: str
    duration_ms: int
    exchanges: tuple[Exchange, ...]


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that may be recorded."""
    return {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}


def cut(body: bytes) -> tuple[str, bool]:
    """Return the body as recorded text, and whether it was cut."""
    return body[:RECORDED_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd"), len(body) > RECORDED_BYTES
