"""Requests and responses as they went over the wire, without secrets, as text that a person reads."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

_REASON = 400


@dataclass(frozen=True, slots=True)
class RawExchange:
    """One request and its response; `started_at` is aware or None, `is_refused` says that no good answer came."""

    method: str
    host: str
    path: str
    started_at: datetime | None
    status: str
    is_refused: bool
    took: str
    request: str
    response: str


def raw_exchanges(recorded: Iterable[Mapping[str, Any]]) -> list[RawExchange]:
    """Return recorded exchanges in the order in which they were sent."""
    return [_exchange(item) for item in recorded]


def _exchange(item: Mapping[str, Any]) -> RawExchange:
    status, url = item.get("status"), urlsplit(str(item.get("url", "")))
    return RawExchange(
        method=str(item.get("method", "")),
        host=url.netloc,
        path=f"{url.path}?{url.query}" if url.query else url.path,
        started_at=_moment(item.get("started_at")),
        status=str(status) if status else f"no answer: {item.get('problem', '')}",
        is_refused=not status or status >= _REASON,
        took=f"{item.get('duration_ms', 0):,} ms",
        request=_message(item, "request"),
        response=_message(item, "response"),
    )


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _message(item: Mapping[str, Any], part: str) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in (item.get(f"{part}_headers") or {}).items())
    cut = "\n… cut at 64 kB" if item.get(f"{part}_body_truncated") else ""
    return f"{headers}\n\n{_pretty(str(item.get(f'{part}_body') or ''))}{cut}".strip()


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
