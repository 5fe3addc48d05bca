"""What no line of the log may hold: secrets, and characters that would forge another line or hide part of this one."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

MASK = "***"

_SECRET_KEYS = re.compile(
    r"authorization|cookie|passw(or)?d|passphrase|secret|refresh_?token|access_?token|id_?token|session_?key"
    r"|client_?assertion|\bassertion\b|private_?key|api_?key|encryption_?key|totp|recovery_?code|csrf",
    re.IGNORECASE,
)
_SECRET_TEXTS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?P<before>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"
    r"|(?P<named>\b(?:password|passwd|client_secret|refresh_token|access_token|id_token|client_assertion|assertion|code"
    r"|sessionid|csrfmiddlewaretoken)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"
    r"|(?P<url>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(?=@)",
    re.IGNORECASE | re.DOTALL,
)
# Control characters, what ends a line elsewhere, what turns the direction of text, what is not seen at all, halves of
# surrogate pairs, and the backslash, so that what is made visible can be told from what was there.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\\\\\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_DEEPEST = 8


def mask(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the event without secrets and with every unseen character written out; a processor of structlog."""
    for name, value in event.items():
        if not name.startswith("_"):  # structlog's own: the record and the logger behind the event
            event[name] = MASK if _is_secret(name, value) else _clean(value)
    return event


def visible(text: str) -> str:
    r"""Return `text` with unseen characters as `\n`, `\x1b` or `\u202e`, and `\\` for a backslash.

    `text.encode("latin-1", "backslashreplace").decode("unicode_escape")` of the answer is `text` again.
    """
    return _UNSEEN.sub(_escaped, text)


def without_secrets(text: str) -> str:
    """Return `text` with `***` for keys, tokens and passwords that it shows."""
    return _SECRET_TEXTS.sub(lambda found: f"{found['before'] or found['named'] or found['url'] or ''}{MASK}", text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character == "\\":
        return "\\\\"
    return character.encode("ascii", "backslashreplace").decode() if ord(character) > 0x7F else repr(character)[1:-1]


def _is_secret(name: str, value: Any) -> bool:
    return bool(_SECRET_KEYS.search(name)) and value not in (None, "") and not isinstance(value, bool)


def _clean(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {
            visible(str(name)): MASK if _is_secret(str(name), inner) else _clean(inner, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [_clean(inner, depth + 1) for inner in value]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return visible(without_secrets(str(value)))
