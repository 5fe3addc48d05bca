"""A script as it was saved: bytes become text, and what is no script is refused."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from itertools import pairwise

MOST_BYTES = 1_048_576
"""The largest script that is read: 1 MB."""

_KINDS = (
    (b"MZ", "a Windows program"),
    (b"PK\x03\x04", "an archive or an Office document"),
    (b"\x7fELF", "a program"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x89PNG", "a picture"),
)
_LETTERS = 2  # so many letters alone may begin a script as well
_MOST_CONTROLS = 0.02
_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"'})
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b"
_DASHES = "\u2013\u2014\u2015"


class UnreadableScript(ValueError):
    """This is no script that can be read; the message says why and what to do."""


def script_text(content: bytes) -> str:
    """Return the text of a script: UTF-8, UTF-16 with a byte order mark, or Windows-1252; raises `UnreadableScript`."""
    if len(content) > MOST_BYTES:
        raise UnreadableScript(
            f"The script has too many bytes; at most {MOST_BYTES:,} are read. Split it, or leave out its data."
        )
    for start, kind in _KINDS:
        if content.startswith(start) and (b"\x00" in content[:4096] or len(start) > _LETTERS):
            raise UnreadableScript(f"The file is {kind}, not a PowerShell script. Choose a .ps1 file.")
    text = _decoded(content)
    if "\x00" in text or _controls(text) > _MOST_CONTROLS:
        raise UnreadableScript("The file is binary, not a PowerShell script. Choose a .ps1 file saved as text.")
    if not text.strip():
        raise UnreadableScript("The script is empty. Choose a .ps1 file, or paste its text.")
    return text


def _decoded(content: bytes) -> str:
    try:
        if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            return content.decode("utf-16")
        return content.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            raise UnreadableScript("The file begins as UTF-16 and is damaged. Save it again as UTF-8.") from None
    return content.decode("cp1252", errors="replace")


def _controls(text: str) -> float:
    """Return the share of control characters that no text has."""
    odd = sum(1 for character in text[:65536] if character < " " and character not in "\t\n\r\f\x1b\x07\x08")
    return odd / max(1, len(text[:65536]))


def spelt_plainly(text: str) -> str:
    """Return `text` with the quotes and dashes that PowerShell takes for straight ones, and one kind of line end.

    A single quote between two letters is an apostrophe and stays; so does a dash that begins no parameter.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(_QUOTES)
    for mark in _SINGLE_QUOTES:
        plain = _each(plain, mark, "'", lambda before, after: not (before.isalnum() and after.isalnum()))
    for mark in _DASHES:
        plain = _each(plain, mark, "-", lambda before, after: before.isspace() and after.isalpha())
    return plain


def _each(text: str, mark: str, instead: str, wanted: Callable[[str, str], bool]) -> str:
    """Return `text` with each `mark` replaced where `wanted` says so of the characters before and behind it."""
    pieces = text.split(mark)
    out = [pieces[0]]
    for before, piece in pairwise(pieces):
        out.append(instead if wanted(before[-1:] or " ", piece[:1] or " ") else mark)
        out.append(piece)
    return "".join(out)
