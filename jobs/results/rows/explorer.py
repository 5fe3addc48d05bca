"""The results explorer's questions: which columns, which rows, which groups, which object."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from psycopg.sql import SQL, Composable, Literal

from jobs.results.rows.models import RowTable
from jobs.results.rows.statements import Place, Source
from jobs.results.rows.values import Kind, common_kind
from jobs.results.rows.wanted import ORGANIZATION, ColumnFacts, Condition, Filter, Wanted
from jobs.runs.models import RunTarget
from portal.core.actors import Actor

PAGE_SIZE = 50
GROUPS = 200
COUNTED = 10_000
"""A search stops counting here."""

_COLUMNS = """
SELECT name, array_agg(DISTINCT kind), sum(filled) FROM row_column WHERE run_id = %s
GROUP BY name ORDER BY min(part), min(place)
"""
_CELLS = """
SELECT given.n, c.name, c.texts[given.i] FROM unnest(%s::int[], %s::int[]) WITH ORDINALITY AS given(part, i, n)
JOIN row_column c ON c.run_id = %s AND c.part = given.part AND c.name = ANY(%s)
"""

_GROUPS = """
SELECT key, min(reads), count(*), min(place), max(place) FROM ({rows}) row
GROUP BY key ORDER BY 3 DESC, 2 LIMIT {limit}
"""
_HOW_MANY = "SELECT count(*) FROM (SELECT key FROM ({rows}) row GROUP BY key) keys"
_SPREAD = """
SELECT key, count(*) FROM (SELECT DISTINCT key, place FROM ({rows}) row WHERE {keys}) part GROUP BY key
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """The organization of a row, as its target in the run."""

    position: int
    target_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One row with the texts of the columns that were asked for, in their order."""

    place: Place
    owner: Owner
    texts: list[str | None]


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows were found; with `more`, at least so many."""

    rows: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows in order; `before` and `after` are the places from which the neighbouring pages begin.

    `total` is None when it was not asked for.
    """

    rows: list[FoundRow]
    before: Place | None
    after: Place | None
    total: Count | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One value of a column with its rows; `value` is None where the column is empty."""

    value: str | None
    owner: Owner | None
    rows: int
    organizations: int


class _FoundGroup(NamedTuple):
    """One group with the first and the last of its targets."""

    key: Any
    reads: str | None
    rows: int
    least: int
    last: int


@dataclass(frozen=True, slots=True)
class Groups:
    """The largest groups, and how many there are in all."""

    shown: list[Group]
    total: int


class Explorer:
    """The unfolded rows of one run as far as `actor` may see them; `hides` when there are others."""

    def __init__(self, actor: Actor, run_id: UUID) -> None:
        visible = RunTarget.objects.visible_to(actor).filter(run=run_id).order_by("position")
        self._run_id = run_id
        table = RowTable.objects.filter(pk=run_id).values_list("is_final", "row_count").first()
        self._in_order, self._row_count = table or (False, 0)
        self.owners = {owner[0]: Owner(*owner) for owner in visible.values_list("position", "pk", "organization_name")}
        self.hides = len(self.owners) < RunTarget.objects.filter(run=run_id).count()
        self.columns = self._read_columns()
        if self.hides:
            self.columns = self._visible_columns()

    def page(
        self,
        wanted: Wanted,
        at: Place | None = None,
        *,
        backward: bool = False,
        size: int = PAGE_SIZE,
        counted: bool = False,
    ) -> RowPage:
        """Return the rows after `at`, or the last ones before it; `counted` also counts what `wanted` lets through."""
        in_passing = counted and not self._source(wanted).reads_parts_in_order
        found = self._places(wanted, at, backward=backward, size=size + 1, counted=in_passing)
        total = None
        if counted:
            total = _count(wanted, found[0][3]) if in_passing and found else self.count(wanted)
        more = len(found) > size
        shown = found[:size]
        if backward:
            shown.reverse()
        rows = self._with_texts(shown, wanted.columns)
        if not rows:
            return RowPage([], None, None, total)
        has_before, has_after = (more, at is not None) if backward else (at is not None, more)
        return RowPage(rows, rows[0].place if has_before else None, rows[-1].place if has_after else None, total)

    def count(self, wanted: Wanted) -> Count:
        """Return how many rows `wanted` lets through; a search stops counting at `COUNTED`."""
        if not wanted.narrows and not self.hides:
            return Count(self._row_count)
        source = self._source(wanted)
        rows: Composable = source.count_found() or source.select(SQL("1"))
        if wanted.search:
            rows = SQL("{} LIMIT {}").format(rows, Literal(COUNTED + 1))
        return _count(wanted, int(_ask(SQL("SELECT count(*) FROM ({}) found").format(rows))[0][0]))

    def groups(self, wanted: Wanted) -> Groups:
        """Return the rows by value of the group's column: the largest groups first."""
        source = self._source(wanted)
        key, reads = source.group()
        rows = source.select(SQL("{} AS key, r.position AS place, {} AS reads").format(key, reads))
        found = [_FoundGroup(*row) for row in _ask(SQL(_GROUPS).format(rows=rows, limit=Literal(GROUPS + 1)))]
        total = len(found)
        if total > GROUPS:
            each_row_is_one = found[0].rows == 1 and not wanted.search
            total = self.count(wanted).rows if each_row_is_one else _ask(SQL(_HOW_MANY).format(rows=rows))[0][0]
        found = found[:GROUPS]
        spread = [each.key for each in found if each.least < each.last]
        keys = SQL("(key = ANY({}) OR key IS NULL)").format(Literal(spread))
        organizations = dict(_ask(SQL(_SPREAD).format(rows=rows, keys=keys))) if spread else {}
        by_owner = wanted.group == ORGANIZATION
        shown = [
            Group(
                each.reads,
                self.owners[each.least] if by_owner else None,
                each.rows,
                organizations[each.key] if each.least < each.last else 1,
            )
            for each in found
        ]
        return Groups(shown, total)

    def neighbours(self, wanted: Wanted, at: Place) -> tuple[Place | None, Place | None]:
        """Return the places of the rows before and after the one at `at`."""
        bare = replace(wanted, columns=())
        before, after = (self._places(bare, at, backward=backward, size=1) for backward in (True, False))
        return (before[0][0] if before else None, after[0][0] if after else None)

    def each(self, wanted: Wanted, *, chunk: int = 1000) -> Iterator[FoundRow]:
        """Yield every row that `wanted` lets through, in its order; `chunk` rows are in memory at a time."""
        found = self._places(wanted, None, backward=False, size=None)
        for begin in range(0, len(found), chunk):
            yield from self._with_texts(found[begin : begin + chunk], wanted.columns)

    def _read_columns(self) -> dict[str, ColumnFacts]:
        return {
            name: ColumnFacts(name, common_kind({Kind(kind) for kind in kinds}), int(filled))
            for name, kinds, filled in _ask(SQL(_COLUMNS), [self._run_id])
        }

    def _visible_columns(self) -> dict[str, ColumnFacts]:
        """Return the columns that visible rows fill, counted in these rows alone."""
        counted = {name: self.count(Wanted(filters=(Filter(name, Condition.FILLED),))).rows for name in self.columns}
        return {name: replace(self.columns[name], filled=number) for name, number in counted.items() if number}

    def _source(self, wanted: Wanted) -> Source:
        return Source(self._run_id, wanted, self.columns, self._positions(wanted), in_order=self._in_order)

    def _positions(self, wanted: Wanted) -> list[int] | None:
        """Return the targets whose rows may be shown; None when no target is left out."""
        asked = [each for each in wanted.filters if each.column == ORGANIZATION]
        if not self.hides and not asked and wanted.target is None:
            return None
        return [
            owner.position
            for owner in self.owners.values()
            if wanted.target in (None, owner.target_id) and all(_is_named(owner.name, each) for each in asked)
        ]

    def _places(
        self, wanted: Wanted, at: Place | None, *, backward: bool, size: int | None, counted: bool = False
    ) -> list[tuple[Place, int, int, int]]:
        """Return the places of rows in order, each with its part, its index in the part, and if `counted` the total."""
        source = self._source(wanted)
        statement = source.places(counted=counted)
        if at is not None:
            statement += SQL(" AND ") + source.beyond(at, self._key_at(source, at), backward=backward)
        statement += SQL(" ORDER BY ") + source.order(backward=backward)
        if size is not None:
            statement += SQL(" LIMIT {}").format(Literal(size))
        return [(Place(row[0], row[1]), row[2], row[3], row[4] if counted else 0) for row in _ask(statement)]

    def _key_at(self, source: Source, at: Place) -> Any:
        if source.key is None:
            return None
        found = _ask(source.select(source.key, only_at=at))
        return found[0][0] if found else None

    def _with_texts(self, places: Sequence[tuple[Place, int, int, int]], columns: Sequence[str]) -> list[FoundRow]:
        texts: list[dict[str, str | None]] = [{} for _ in places]
        parts, indexes = [place[1] for place in places], [place[2] for place in places]
        for number, name, text in _ask(SQL(_CELLS), [parts, indexes, self._run_id, list(columns)]):
            texts[number - 1][name] = text
        return [
            FoundRow(place, self.owners[place.position], [cells.get(name) for name in columns])
            for (place, _, _, _), cells in zip(places, texts, strict=True)
        ]


def _count(wanted: Wanted, number: int) -> Count:
    return Count(min(number, COUNTED), more=True) if wanted.search and number > COUNTED else Count(number)


def _is_named(name: str, each: Filter) -> bool:
    found, value = name.lower(), each.value.strip().lower()
    tests = {
        Condition.CONTAINS: value in found,
        Condition.EQUALS: value == found,
        Condition.DIFFERS: value != found,
        Condition.EMPTY: not found,
        Condition.FILLED: bool(found),
    }
    return tests[each.condition]


def _ask(statement: Composable, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
