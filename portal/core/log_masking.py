"""What no line of the log may hold: secrets, and characters that would forge another line or hide part of this one."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

MASK = "***"
TRACEBACKS = ("exception", "stack")
"""Fields of several lines: the lines stay, each further one indented, so that none passes for an event."""

_SECRET_NAMES = re.compile(
    r"authorization|cookie|passw(or)?d|passphrase|secret|refresh_?token|access_?token|id_?token|session_?key"
    r"|assertion|private_?key|api_?key|encryption_?key|totp|recovery_?code|csrf",
    re.IGNORECASE,
)
_SECRET_TEXTS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?P<scheme>\b(?:Bearer\s+|Basic\s+(?=[^\s]*[0-9=])))[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"
    r"|(?P<name>\b(?:password|passwd|client_secret|refresh_token|access_token|id_token|client_assertion|assertion"
    r"|sessionid|__Host-session|csrfmiddlewaretoken|code(?=[=:]\S{24}))[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"
    r"|(?P<account>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(?=@)",
    re.IGNORECASE | re.DOTALL,
)
# Control characters, what ends a line elsewhere, what turns the direction of text, what is not seen at all, halves of
# surrogate pairs; and the backslash, so that what is written out can be told from what was there.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\\\\\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_DEEPEST = 8

Event = MutableMapping[str, Any]


def mask_secrets(logger: Any, method: str, event: Event) -> Event:
    """Put `***` for every secret that a field's name or text gives away; a processor of structlog."""
    return {name: _masked(name, value) for name, value in event.items()}


def show_unseen(logger: Any, method: str, event: Event) -> Event:
    """Write unseen characters out, for a form that does not escape them itself; a processor of structlog."""
    return {visible(name): _shown(name, value) for name, value in event.items()}


def visible(text: str) -> str:
    r"""Return `text` with unseen characters as `\n`, `\x1b` or `\u202e`, and `\\` for a backslash."""
    return _UNSEEN.sub(_escaped, text)


def without_secrets(text: str) -> str:
    """Return `text` with `***` for the keys, tokens and passwords in it."""
    return _SECRET_TEXTS.sub(lambda found: f"{found['scheme'] or found['name'] or found['account'] or ''}{MASK}", text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode() if found[0] != "\\" else "\\\\"


def _masked(name: str, value: Any, depth: int = 0) -> Any:
    if value is None or value == "" or isinstance(value, bool | int | float):
        return value
    if _SECRET_NAMES.search(name):
        return MASK
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {str(inner): _masked(str(inner), each, depth + 1) for inner, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [_masked("", each, depth + 1) for each in value]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return without_secrets(str(value))


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = value if isinstance(value, str) else repr(value)
    if name in TRACEBACKS:
        return "\n    ".join(visible(line) for line in text.split("\n"))
    return visible(text)
