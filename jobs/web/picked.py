"""Where was chosen before the cmdlet: carried along from page to page in the address."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from tenants.selection.selectors import SELECTION_KEYS

PACKED = "where"
"""Holds a selection by filter as one value, because the list of cmdlets has a search `q` of its own."""

_PLAIN = ("organization", "group")
KEYS = (*_PLAIN, PACKED)
"""What an address may say about where."""

_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Picked:
    """Organizations, groups or a filter over organizations that go along to the launch."""

    pairs: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pairs)

    @property
    def query(self) -> str:
        """What to append to the address of a cmdlet: begins with a question mark, or empty."""
        return f"?{urlencode(self.pairs)}" if self.pairs else ""

    @property
    def launch_query(self) -> str:
        """What to append to the address of a launch."""
        pairs = [pair for key, value in self.pairs for pair in (_unpacked(value) if key == PACKED else [(key, value)])]
        return f"?{urlencode(pairs)}" if pairs else ""


def picked(request: HttpRequest) -> Picked:
    """Return what the address says about where."""
    return Picked(tuple((key, value) for key in KEYS for value in request.GET.getlist(key) if len(value) <= _LONGEST))


def packed_address(request: HttpRequest) -> str | None:
    """Return the query with a selection by filter packed into one value, when the address holds one unpacked."""
    if request.GET.get("match") != "all":
        return None
    selection = QueryDict(mutable=True)
    for key in SELECTION_KEYS:
        if key in request.GET:
            selection.setlist(key, request.GET.getlist(key))
    return f"?{urlencode({PACKED: selection.urlencode()})}"


def _unpacked(value: str) -> list[tuple[str, str]]:
    return [(key, item) for key, items in QueryDict(value).lists() for item in items if key in SELECTION_KEYS]
