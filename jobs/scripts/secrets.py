"""Passwords, keys and tokens that stand in a script: found by where they stand, masked before anything is read."""

from bisect import bisect_left
from collections.abc import Callable

from jobs.scripts.found import Call, Found
from jobs.scripts.names import meant, variable
from jobs.scripts.tree import Source

_TELLS = ("password", "passwd", "passphrase", "pwd", "secret", "apikey", "authorization", "bearer")
_TELLING_ENDS = ("token", "pass", "pw")
_HARMLESS_ENDS = (
    "file",
    "path",
    "policy",
    "name",
    "uri",
    "url",
    "length",
    "days",
    "expires",
    "id",
    "notification",
    "bypass",
)
_IN_TEXTS = (b"client_secret=", b"password=", b"password =", b"&pwd=")
_TOKEN = b"eyJ"
_SHORTEST_TOKEN = 40

Inside = Callable[[int, int], list[tuple[int, int]]]


def hide_secrets(source: Source, found: Found) -> list[int]:
    """Mask every secret in `source`; returns the lines in which they stand, from 1."""
    ranges = {_content(source, start, end) for start, end in _secret_texts(source, found)}
    spans = sorted((start, end) for start, end in ranges if start < end)
    source.mask(spans)
    return sorted({source.line(start) for start, _ in spans})


def _secret_texts(source: Source, found: Found) -> list[tuple[int, int]]:
    starts = [start for start, _ in found.texts]

    def inside(start: int, end: int) -> list[tuple[int, int]]:
        return found.texts[bisect_left(starts, start) : bisect_left(starts, end)]

    calls = [call.start for call in found.calls]
    secret = [(start, end) for name, start, end in found.told if _tells(name)]
    secret += [span for span in found.texts if _reads_secret(source, span)]
    for key, start, end in found.entries:
        if _tells(key) and bisect_left(calls, start) == bisect_left(calls, end):
            secret += inside(start, end)
    names = {name for call in found.calls for name in _protected(source, call, inside, secret)}
    for write in found.assignments:
        told = _tells(write.name) or _tells(write.key or "")
        if (told and bisect_left(calls, write.start) == bisect_left(calls, write.end)) or write.name in names:
            secret += inside(write.start, write.end)
    for start, end in found.invocations:
        if b"networkcredential" in source.data[start : min(end, start + 80)].lower():
            secret += inside(start, end)[1:2]
    return secret


def _protected(source: Source, call: Call, inside: Inside, secret: list[tuple[int, int]]) -> set[str]:
    """Add what ConvertTo-SecureString and credentials are made of; returns the variables that hold it."""
    name = meant(call.name, {})
    if name == "new-object":
        written = source.data[call.start : call.end].lower()
        if b"networkcredential" in written or b"pscredential" in written:
            secret += inside(call.start, call.end)[1:2]
        return set()
    if name != "convertto-securestring" or b"-asp" not in source.data[call.start : call.end].lower():
        return set()
    start = call.chain if call.is_piped and call.chain >= 0 else call.start
    secret += inside(start, call.end)
    words = source.text(start, call.end).replace("|", " ").replace("(", " ").replace(")", " ").split()
    return {variable(word) for word in words if word.startswith("$")}


def _reads_secret(source: Source, span: tuple[int, int]) -> bool:
    written = source.data[span[0] : span[1]]
    if written[1:4] == _TOKEN and len(written) > _SHORTEST_TOKEN and b" " not in written:
        return True
    return any(tell in written.lower() for tell in _IN_TEXTS)


def _tells(name: str) -> bool:
    lower = name.lower().replace("-", "").replace("_", "")
    tells = lower.endswith(_TELLING_ENDS) or any(tell in lower for tell in _TELLS)
    return tells and not lower.endswith(_HARMLESS_ENDS)


def _content(source: Source, start: int, end: int) -> tuple[int, int]:
    """Return the range of a literal without its quotes."""
    written = source.data[start:end]
    width = 2 if written[:1] == b"@" else 1 if written[:1] in (b"'", b'"') else 0
    if width and written[:1] != b"@" and written[:1] != written[-1:]:
        return start + width, end
    while width == 0 and written[:1].isspace():
        start, written = start + 1, written[1:]
    return start + width, end - width


def is_hidden(source: Source, start: int, end: int) -> bool:
    """Whether a secret stands in this range."""
    at = bisect_left(source.hidden, (start, 0))
    return at < len(source.hidden) and source.hidden[at][0] < end
