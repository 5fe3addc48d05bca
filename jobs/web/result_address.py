"""What is wanted of a run's results, as the query of an address, and back."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict

from jobs.results.rows.statements import Place
from jobs.results.rows.wanted import Condition, Filter, Wanted
from jobs.results.tables import STEP

LONGEST = 500
MOST_FILTERS = 20
_MARKS = {"%": "%25", ",": "%2C", ":": "%3A"}


@dataclass(frozen=True, slots=True)
class Address:
    """A query as it was read; `is_form` when it came from a form and has a shorter permanent spelling."""

    wanted: Wanted
    at: Place | None = None
    backward: bool = False
    is_form: bool = False
    ignored: list[str] = field(default_factory=list)


def read_address(query: QueryDict) -> Address:
    """Return what `query` asks for, and in sentences what in it could not be read."""
    ignored: list[str] = []
    filters = []
    for text in query.getlist("filter")[:MOST_FILTERS]:
        found = _read_filter(text)
        if found is None:
            ignored.append(f"the filter “{text[:60]}”: it cannot be read")
        else:
            filters.append(found)
    if len(query.getlist("filter")) > MOST_FILTERS:
        ignored.append(f"every filter after the first {MOST_FILTERS}: so many are read at once")
    if query.get("by"):
        added = _read_parts(query.get("is", ""), query.get("by", ""), query.get("value", ""))
        if added is None:
            ignored.append(f"the filter on “{query['by'][:60]}”: there is no condition “{query.get('is', '')[:60]}”")
        elif added not in filters:
            filters.append(added)
    if query.get("step"):
        filters = [each for each in filters if each.column != STEP]
        filters += [Filter(STEP, Condition.EQUALS, query.get("step", "")[:9])] if query.get("step") != "all" else []
    columns = query.getlist("column") or [_unmarked(name) for name in query.get("columns", "").split(",") if name]
    wanted = Wanted(
        columns=tuple(dict.fromkeys(_clean(name) for name in columns)),
        filters=tuple(filters),
        search=_clean(query.get("q", "")).strip(),
        sort=_clean(query.get("sort", "")),
        group=_clean(query.get("group", "")),
        target=_read_target(query.get("target", ""), ignored),
    )
    at, backward = _read_place(query.get("cursor", ""), ignored)
    is_form = any(name in query for name in ("by", "is", "value", "column", "step")) or any(
        not value for value in query.values()
    )
    return Address(wanted, at, backward, is_form, ignored)


def write_query(wanted: Wanted, at: Place | None = None, *, backward: bool = False) -> str:
    """Return the query that asks for `wanted`, from `at` on or before it."""
    pairs = [("columns", ",".join(map(_marked, wanted.columns)))]
    pairs += [("filter", f"{each.condition}:{_marked(each.column)}:{each.value}") for each in wanted.filters]
    pairs += [("q", wanted.search), ("sort", wanted.sort), ("group", wanted.group)]
    pairs.append(("target", str(wanted.target) if wanted.target else ""))
    if at is not None:
        pairs.append(("cursor", f"{'-' if backward else ''}{at.position}.{at.number}"))
    return urlencode([(name, value) for name, value in pairs if value])


def without_filter(wanted: Wanted, one: Filter) -> Wanted:
    """Return `wanted` with one filter taken away."""
    return replace(wanted, filters=tuple(each for each in wanted.filters if each != one))


def with_filter(wanted: Wanted, one: Filter) -> Wanted:
    """Return `wanted` with one filter more, ungrouped."""
    return replace(wanted, filters=(*(each for each in wanted.filters if each != one), one), group="")


def _read_filter(text: str) -> Filter | None:
    condition, _, rest = text.partition(":")
    column, _, value = rest.partition(":")
    return _read_parts(condition, _unmarked(column), value)


def _read_parts(condition: str, column: str, value: str) -> Filter | None:
    if condition not in list(Condition) or not column:
        return None
    takes_value = Condition(condition).takes_value
    return Filter(_clean(column), Condition(condition), _clean(value).strip() if takes_value else "")


def _read_target(text: str, ignored: list[str]) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        ignored.append("the organization: the address does not name one")
        return None


def _read_place(text: str, ignored: list[str]) -> tuple[Place | None, bool]:
    if not text:
        return None, False
    position, _, number = text.removeprefix("-").partition(".")
    if not (position.isascii() and position.isdigit() and number.isascii() and number.isdigit()) or len(text) > 20:
        ignored.append("the page: the address does not name one, so this is the first")
        return None, False
    place = Place(min(int(position), 2**31 - 1), min(int(number), 2**31 - 1))
    return place, text.startswith("-")


def _clean(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST]


def _marked(name: str) -> str:
    for character, mark in _MARKS.items():
        name = name.replace(character, mark)
    return name


def _unmarked(name: str) -> str:
    for character, mark in reversed(_MARKS.items()):
        name = name.replace(mark, character)
    return name
