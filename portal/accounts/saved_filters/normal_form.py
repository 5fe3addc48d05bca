"""The normal form of a list's filters: the same filters always read the same."""

from urllib.parse import parse_qsl, urlencode

NO_FILTERS = frozenset({"cursor", "all", "saved", "csrfmiddlewaretoken"})
"""What stands in the address of a list without filtering it."""


def normal_form(query: str) -> str:
    """Return a query string with its pairs sorted, each once, without empty ones and without the place in the list."""
    pairs = parse_qsl(query.removeprefix("?"), encoding="utf-8", errors="replace")
    kept = {(name, value.strip()) for name, value in pairs if name not in NO_FILTERS and "\0" not in name + value}
    return urlencode(sorted(pair for pair in kept if pair[1]))
