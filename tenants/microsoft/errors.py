"""What Graph, Partner Center and the login host answer when they do not do what was asked."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from tenants.microsoft.one_line import one_line
from tenants.microsoft.retry_after import retry_after


class MicrosoftError(Exception):
    """A partner API refused, failed, or could not be reached.

    `status` is None if no answer came; `code` and `message` are Microsoft's; `retry_after` is in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        known = " ".join(str(part) for part in (self.status, self.code) if part)
        return f"{known}: {self.message}" if known else self.message


class Throttled(MicrosoftError):
    """The API is busy (429, 503, 504): ask again after `retry_after` seconds, if it names them."""


_BUSY = frozenset({429, 503, 504})


def error_from_response(response: httpx.Response) -> MicrosoftError:
    """Return the error that an unsuccessful, fully read answer of Graph or Partner Center carries."""
    return error_from_parts(response.status_code, response.headers, parse_json(response.content), response.text)


def error_from_parts(status: int, headers: Mapping[str, str], body: object, text: str = "") -> MicrosoftError:
    """Return the error for a status, headers and a decoded JSON body (of an answer, or of one item of a batch)."""
    fields = body if isinstance(body, dict) else {}
    error = fields.get("error")
    if isinstance(error, dict):  # Graph
        inner = error.get("innerError")
        code, message = error.get("code"), error.get("message")
        request_id = inner.get("request-id") if isinstance(inner, dict) else None
    else:  # Partner Center
        code, message, request_id = fields.get("code"), fields.get("description") or fields.get("message"), None
    named = {name.lower(): value for name, value in headers.items()}
    kind = Throttled if status in _BUSY else MicrosoftError
    return kind(
        one_line(message or text, 800) or "no body",
        status=status,
        code=str(code or ""),
        request_id=str(request_id or named.get("request-id") or named.get("ms-requestid") or ""),
        retry_after=retry_after(headers, datetime.now(UTC)),
    )


def parse_json(content: bytes) -> Any:
    """Decode JSON, with or without the byte order mark that Partner Center puts in front; None if it is not JSON."""
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
