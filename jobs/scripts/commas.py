"""Ease a script for the grammar, which loses its thread at a comma beside a bare word (`Select-Object Name, Alias`).

Only the copy that is parsed changes, byte by byte: where things stand stays the same, and what is shown or read of an
argument is taken from the script itself.
"""

_BLANKS = b" \t\n"
_ENDS = b" \t\n,;|(){}="
_LONGEST_WORD = 200
_LONGEST_LINE = 2000
_COMMA, _LINE_END, _SPACE = 44, 10, 32


def eased(data: bytes) -> bytes:
    """Return `data` with blanks for the commas beside bare words, at the same length."""
    copy = bytearray(data)
    at = -1
    while (at := data.find(b",", at + 1)) >= 0:
        behind = _behind(data, at)
        if behind is None or not (_is_word(_before(data, at)) or _begins_word(data[behind : behind + 1])):
            continue
        nearby = max(0, at - _LONGEST_LINE)
        line = data[max(nearby, data.rfind(b"\n", nearby, at) + 1) : at]
        if line.count(b"[") > line.count(b"]") or (b"#" in line and b"\n" in data[at:behind]):
            continue
        for place in range(at, behind):
            if copy[place] in (_COMMA, _LINE_END):
                copy[place] = _SPACE
    return bytes(copy)


def _behind(data: bytes, at: int) -> int | None:
    """Return where the next word begins, or None when there is none near."""
    for place in range(at + 1, min(len(data), at + _LONGEST_WORD)):
        if data[place] not in _BLANKS:
            return place
    return None


def _before(data: bytes, at: int) -> bytes:
    """Return the word in front of a comma."""
    piece = data[max(0, at - _LONGEST_WORD) : at].rstrip(b" \t")
    start = len(piece)
    while start and piece[start - 1] not in _ENDS:
        start -= 1
    return piece[start:]


def _is_word(written: bytes) -> bool:
    return _begins_word(written[:1]) and b"[" not in written


def _begins_word(first: bytes) -> bool:
    return first.isalpha() or first == b"*"
