"""Reading one successful answer of Exchange (exchange-protocol.md 3.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jobs.exchange.errors import CmdletError, parse_message

# English because of Accept-Language; Exchange gives this warning no code.
_TRUNCATED = "There are more results available than are currently displayed."


class UnreadablePage(Exception):
    """The body of a 2xx answer is not what Exchange sends."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer; `has_value` is False if the body names no list of objects at all."""

    rows: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]
    errors: tuple[CmdletError, ...]
    confirmation: str
    next_link: str
    has_value: bool
    is_truncated: bool


def read_page(body: bytes) -> Page:
    """Read the body of a 2xx answer; `UnreadablePage` if it is no JSON object with a list of objects."""
    fields = json_object(body)
    value = fields.get("value")
    if not isinstance(value, list | None) or any(not isinstance(row, dict) for row in value or ()):
        raise UnreadablePage("“value” is not a list of objects")
    warnings = tuple(str(text) for text in _list(fields.get("@adminapi.warnings")))
    return Page(
        rows=tuple({name: cell for name, cell in row.items() if "@" not in name} for row in value or ()),
        warnings=tuple(text for text in warnings if _TRUNCATED not in text),
        errors=tuple(_error(item) for item in _list(fields.get("@adminapi.errors"))),
        confirmation=_confirmation(fields.get("@adminapi.confirmationmessage")),
        next_link=str(fields.get("@odata.nextLink") or ""),
        has_value=isinstance(value, list),
        is_truncated=any(_TRUNCATED in text for text in warnings),
    )


def json_object(body: bytes) -> Mapping[str, Any]:
    """Decode a JSON object; `UnreadablePage` if the body is anything else."""
    try:
        fields = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise UnreadablePage(f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise UnreadablePage("not a JSON object")
    return fields


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _error(item: object) -> CmdletError:
    if isinstance(item, str):
        return parse_message(item)
    return parse_message(orjson.dumps(item).decode())


def _confirmation(value: object) -> str:
    return "\n".join(str(text) for text in _list(value) if text)
