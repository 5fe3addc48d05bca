"""Reading an error that Exchange returned: the parser of exchange-protocol.md 3.6. It never raises."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MESSAGE_LIMIT = 800
# "Ex6F9304|Namespace.TypeException|text", "|Namespace.TypeException|text": the type must contain a dot.
_PIPED = re.compile(r"^(Ex[0-9A-F]+)?\|?([A-Za-z_]\w*(?:\.[\w+`]+)+)\|(.*)$", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
NO_BODY = "no body"


@dataclass(frozen=True, slots=True)
class CmdletError:
    """What one error text says: the .NET exception type, Exchange's `Ex…` code, and the message. Unknown parts are
    empty.
    """

    exception_type: str
    ex_code: str
    message: str

    @property
    def type_name(self) -> str:
        """The exception type without its namespace."""
        return self.exception_type.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class ServerError:
    """An unsuccessful answer of Exchange, with everything that Microsoft support would ask for.

    `is_json` says that the body was an error object of Exchange, `is_blank` that it held nothing printable.
    """

    status: int
    code: str
    exception_type: str
    ex_code: str
    message: str
    target: str
    request_id: str
    client_request_id: str
    server: str
    diagnostics: str
    authenticate: str
    is_json: bool
    is_blank: bool

    @property
    def type_name(self) -> str:
        """The exception type without its namespace."""
        return self.exception_type.rpartition(".")[2]


def parse_error(status: int, headers: Mapping[str, str], body: bytes, *, client_request_id: str = "") -> ServerError:
    """Read any answer as an error. Headers in any case; the body may be JSON, text, NUL bytes or nothing."""
    named = {name.lower(): value for name, value in headers.items()}
    text = _printable(body.decode("utf-8", "replace"))
    error = _error_object(text)
    found, target = _find(error)
    diagnostics = named.get("x-ms-diagnostics", "")
    reason = diagnostics if status in (401, 403) else ""
    return ServerError(
        status=status,
        code=_text(error, "code"),
        exception_type=found.exception_type,
        ex_code=found.ex_code,
        message=reason or found.message or _text(error, "message") or text.strip()[:_MESSAGE_LIMIT] or NO_BODY,
        target=target,
        request_id=named.get("request-id", ""),
        client_request_id=client_request_id,
        server=named.get("x-calculatedbetarget", ""),
        diagnostics=diagnostics,
        authenticate=named.get("www-authenticate", ""),
        is_json=bool(error),
        is_blank=not text.strip(),
    )


def parse_message(text: str) -> CmdletError:
    """Read one `details[].message` in any of its three encodings; a text in none of them is the message."""
    return _json_message(text) or _piped_message(text) or CmdletError("", "", text)


def _printable(text: str) -> str:
    return _CONTROL.sub("", text).lstrip("\ufeff")


def _error_object(text: str) -> Mapping[str, Any]:
    body = _json_object(text)
    error = body.get("error") if body else None
    return error if isinstance(error, dict) else {}


def _json_object(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _find(error: Mapping[str, Any]) -> tuple[CmdletError, str]:
    """Return the most telling error inside the object, and the target that it names."""
    details = error.get("details")
    items = [item for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    parsed = [(parse_message(_text(item, "message")), _text(item, "target")) for item in items]
    typed = next((pair for pair in parsed if pair[0].exception_type), None)
    if typed:
        return typed
    internal = _internal_exception(error)
    if internal.message or internal.exception_type:
        return internal, ""
    return next((pair for pair in parsed if pair[0].message), (CmdletError("", "", ""), ""))


def _internal_exception(error: Mapping[str, Any]) -> CmdletError:
    inner = error.get("innererror")
    if not isinstance(inner, dict):
        return CmdletError("", "", "")
    exception = next((value for name, value in inner.items() if name.lower() == "internalexception"), None)
    if isinstance(exception, dict):
        return CmdletError(_text(exception, "type"), "", _text(exception, "message"))
    # The type of the transport's own wrapper says nothing about the cmdlet.
    kind = _text(inner, "type")
    return CmdletError("" if kind.endswith(".ODataServiceException") else kind, "", "")


def _json_message(text: str) -> CmdletError | None:
    if not text.lstrip().startswith("{"):
        return None
    fields = _json_object(text)
    if fields is None:
        return None
    named = {name.lower(): value for name, value in fields.items()}
    kind = _text(named, "typename") or _text(named, "classname")
    message = _text(named, "message") or _text(named, "localizedstring")
    return CmdletError(kind, "", message) if kind or message else None


def _piped_message(text: str) -> CmdletError | None:
    match = _PIPED.match(text)
    return CmdletError(match[2], match[1] or "", match[3]) if match else None


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
