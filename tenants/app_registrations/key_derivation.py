"""How much work a file asks for before its password is even tried: a number in the file, which somebody else wrote."""

from collections.abc import Iterator

MOST_ITERATIONS = 5_000_000
"""About two seconds. Windows and OpenSSL write 2,000, the strictest advice of today is 1,300,000."""

LONGEST_NUMBER = 2_100
"""Bytes: keys of 16,384 bits have 2,048. Whether longer numbers are primes takes minutes to find out."""

_INTEGER, _OCTET_STRING, _CONSTRUCTED, _LONG_TAG = 0x02, 0x04, 0x20, 0x1F
_DEEPEST = 40
_MOST_ELEMENTS = 20_000

Element = tuple[int, bytes]


def asks_for_too_much_work(der: bytes) -> bool:
    """Whether a key or PFX file in DER shows, without a password, more than `MOST_ITERATIONS` or an endless number.

    Every way to derive a key from a password has its salt (an octet string) and, right behind it, its iterations.
    """
    budget = [_MOST_ELEMENTS]
    return any(work > MOST_ITERATIONS for work in _works(der, 0, budget)) or budget[0] <= 0


def _works(content: bytes, depth: int, budget: list[int]) -> Iterator[int]:
    if depth > _DEEPEST:
        return
    before = -1
    for tag, body in _elements(content):
        budget[0] -= 1
        if budget[0] <= 0:
            return
        if tag == _INTEGER and (before == _OCTET_STRING or len(body) > LONGEST_NUMBER):
            yield int.from_bytes(body, "big")
        if tag & _CONSTRUCTED or tag == _OCTET_STRING:
            yield from _works(body, depth + 1, budget)
        before = tag


def _elements(content: bytes) -> Iterator[Element]:
    """Yield tag and body of what stands side by side; ends where it is no DER any more."""
    at = 0
    while at + 2 <= len(content):
        tag, length = content[at], content[at + 1]
        at += 2
        if tag & _LONG_TAG == _LONG_TAG:
            return
        if length == 0x80:  # as long as there is something: BER's indefinite length
            length = len(content) - at
        elif length & 0x80:
            digits = length & 0x7F
            length = int.from_bytes(content[at : at + digits], "big")
            at += digits
        if at + length > len(content):
            return
        yield tag, content[at : at + length]
        at += length
