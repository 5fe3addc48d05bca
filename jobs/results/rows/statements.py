"""The rows of a run in SQL: one source of rows for pages, counts and groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.sql import SQL, Composable, Composed, Identifier

from jobs.results.rows.amounts import amount_range
from jobs.results.rows.values import ITEM_SEPARATOR, Kind
from jobs.results.rows.wanted import ORGANIZATION, ColumnFacts, Condition, Filter, Wanted

KEY_LENGTH = 200
_FOLD = SQL('lower({} COLLATE "pg_c_utf8")')


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: its target's position, its number in the answer."""

    position: int
    number: int


class Source:
    """The rows that `wanted` lets through; `positions` are the targets they may come from, None for all.

    `in_order` says that the parts stand in the order of the organizations: a page of them is then found by reading
    the parts around it alone.
    """

    def __init__(
        self,
        run_id: UUID,
        wanted: Wanted,
        columns: dict[str, ColumnFacts],
        positions: Sequence[int] | None,
        *,
        in_order: bool = False,
    ) -> None:
        self._run_id, self._wanted, self._facts, self._positions = run_id, wanted, columns, positions
        self.reads_parts_in_order = in_order and not wanted.sort_column and not wanted.falls
        used = [wanted.sort_column, wanted.group, *(each.column for each in wanted.filters)]
        self._columns = [name for name in dict.fromkeys(used) if name in columns]

    @property
    def key(self) -> Composable | None:
        """The value that orders the rows; None when the organization does."""
        name = self._wanted.sort_column
        if not name:
            return None
        if self._facts[name].kind.has_amounts:
            return self._amount(name)
        return SQL("left({}, {})").format(_FOLD.format(self._text(name)), sql.Literal(KEY_LENGTH))

    def group(self) -> tuple[Composable, Composable]:
        """The value by which rows are grouped, and how it reads."""
        name = self._wanted.group
        if name == ORGANIZATION:
            return SQL("r.position"), SQL("r.position::text")
        if self._facts[name].kind is Kind.DATE:
            day = SQL("left({}, 10)").format(self._text(name))
            return day, day
        return _FOLD.format(self._text(name)), self._text(name)

    def places(self, *, counted: bool) -> Composed:
        """Return `SELECT position, number, part, index FROM …`; `counted` adds how many rows there are in all."""
        found = self.select(
            SQL("{} AS key, r.position, r.number, p.number AS part, r.i{}").format(
                SQL("NULL") if self.key is None else self.key, SQL(", count(*) OVER () AS total" if counted else "")
            )
        )
        return SQL("SELECT r.position, r.number, r.part, r.i{} FROM ({}) r WHERE true").format(
            SQL(", r.total" if counted else ""), found
        )

    def count_found(self) -> Composed | None:
        """Return a statement with a row for each row that a search alone finds; None when more than that is wanted.

        Cutting the text of a part at the findings, not into its lines, takes half as long: a row is found where a
        line ends between one finding and the next.
        """
        searched = self._wanted.search.lower()
        if not searched or "\n" in searched or self._wanted.filters or self._positions is not None:
            return None
        return SQL(
            "SELECT 1 FROM (SELECT unnest((string_to_array(search || {end}, {searched}))[2:]) AS piece FROM row_part "
            "WHERE run_id = {run} AND strpos(search, {searched}) > 0) pieces WHERE strpos(piece, {end}) > 0"
        ).format(end=sql.Literal("\n"), searched=sql.Literal(searched), run=sql.Literal(self._run_id))

    def select(self, what: Composable, *, only_at: Place | None = None) -> Composed:
        """Return `SELECT what FROM … WHERE …`; `only_at` looks at one row, filtered out or not."""
        conditions = [SQL("p.run_id = {}").format(sql.Literal(self._run_id))]
        if only_at is not None:
            conditions += [
                SQL("{} = ANY(p.positions)").format(sql.Literal(only_at.position)),
                SQL("r.position = {}").format(sql.Literal(only_at.position)),
                SQL("r.number = {}").format(sql.Literal(only_at.number)),
            ]
        else:
            conditions += self._conditions()
        return SQL(
            "SELECT {what} FROM row_part p {joins} CROSS JOIN LATERAL ROWS FROM ({functions}) "
            "WITH ORDINALITY AS r({names}) WHERE {conditions}"
        ).format(
            what=what,
            joins=SQL(" ").join(self._join(number, name) for number, name in enumerate(self._columns)),
            functions=SQL(", ").join(self._functions()),
            names=SQL(", ").join(self._names()),
            conditions=SQL(" AND ").join(conditions),
        )

    def beyond(self, place: Place, key: Any, *, backward: bool) -> Composed:
        """The condition that a row of `places` stands after (or before) the one at `place`, whose key is `key`."""
        there = SQL("(r.position, r.number) {} ({}, {})").format(
            SQL("<" if backward else ">"), sql.Literal(place.position), sql.Literal(place.number)
        )
        if self.key is None:
            if self._wanted.falls:  # by organization, from the last: within one, rows keep their order
                return SQL("(r.position {} {} OR r.position = {} AND {})").format(
                    SQL(">" if backward else "<"), sql.Literal(place.position), sql.Literal(place.position), there
                )
            return there
        if key is None:
            empty = SQL("r.key IS NULL AND {}").format(there)
            return SQL("(r.key IS NOT NULL OR {})").format(empty) if backward else SQL("({})").format(empty)
        comparison = SQL("<" if self._wanted.falls != backward else ">")
        found = SQL("r.key {than} {value} OR r.key = {value} AND {there}").format(
            than=comparison, value=sql.Literal(key), there=there
        )
        return SQL("({})" if backward else "({} OR r.key IS NULL)").format(found)

    def order(self, *, backward: bool) -> Composed:
        """The order of the rows of `places`, empty values last."""
        falls = SQL("DESC" if self._wanted.falls != backward else "ASC")
        forth = SQL("DESC" if backward else "ASC")
        if self.reads_parts_in_order:
            return SQL("r.part {}, r.position {}, r.number {}").format(forth, forth, forth)
        if self.key is None:
            return SQL("r.position {}, r.number {}").format(falls, forth)
        nulls = SQL("NULLS FIRST" if backward else "NULLS LAST")
        return SQL("r.key {} {}, r.position {}, r.number {}").format(falls, nulls, forth, forth)

    def _conditions(self) -> list[Composed]:
        found = [self._condition(each) for each in self._wanted.filters if each.column != ORGANIZATION]
        if self._positions is not None:
            found.append(SQL("r.position = ANY({}::int[])").format(sql.Literal(list(self._positions))))
        if self._wanted.search:
            searched = sql.Literal(self._wanted.search.lower())
            found.append(SQL("strpos(p.search, {}) > 0").format(searched))
            found.append(SQL("strpos(r.line, {}) > 0").format(searched))
        return found

    def _condition(self, each: Filter) -> Composed:
        text, kind = self._text(each.column), self._facts[each.column].kind
        if each.condition is Condition.EMPTY:
            return SQL("{} IS NULL").format(text)
        if each.condition is Condition.FILLED:
            return SQL("{} IS NOT NULL").format(text)
        folded, value = _FOLD.format(text), sql.Literal(each.value.strip().lower())
        if each.condition is Condition.CONTAINS:
            return SQL("strpos({}, {}) > 0").format(folded, value)
        if kind.has_amounts:
            return self._amount_condition(each, kind)
        same = SQL("{} = {}").format(folded, value)
        if kind is Kind.LIST:
            items = SQL("string_to_array({}, {})").format(folded, sql.Literal(ITEM_SEPARATOR))
            same = SQL("{} = ANY({})").format(value, items)
        return same if each.condition is Condition.EQUALS else SQL("({}) IS NOT TRUE").format(same)

    def _amount_condition(self, each: Filter, kind: Kind) -> Composed:
        amount = self._amount(each.column)
        least, last = (sql.Literal(number) for number in amount_range(kind, each.value))
        if each.condition is Condition.GREATER:
            return SQL("{} > {}").format(amount, last)
        if each.condition is Condition.LESS:
            return SQL("{} < {}").format(amount, least)
        same = SQL("{} BETWEEN {} AND {}").format(amount, least, last)
        return same if each.condition is Condition.EQUALS else SQL("({}) IS NOT TRUE").format(same)

    def _text(self, name: str) -> Identifier:
        return Identifier("r", f"t{self._columns.index(name)}")

    def _amount(self, name: str) -> Identifier:
        return Identifier("r", f"a{self._columns.index(name)}")

    def _join(self, number: int, name: str) -> Composed:
        column = Identifier(f"c{number}")
        return SQL(
            "LEFT JOIN row_column {0} ON {0}.run_id = p.run_id AND {0}.part = p.number AND {0}.name = {1}"
        ).format(column, sql.Literal(name))

    def _functions(self) -> list[Composed]:
        arrays = [("p", "positions"), ("p", "numbers")]
        for number, name in enumerate(self._columns):
            arrays.append((f"c{number}", "texts"))
            if self._facts[name].kind.has_amounts:
                arrays.append((f"c{number}", "amounts"))
        functions = [SQL("unnest({})").format(Identifier(*array)) for array in arrays]
        if self._wanted.search:
            functions.append(SQL("string_to_table({}, {})").format(Identifier("p", "search"), sql.Literal("\n")))
        return functions

    def _names(self) -> list[Identifier]:
        names = ["position", "number"]
        for number, name in enumerate(self._columns):
            names.append(f"t{number}")
            if self._facts[name].kind.has_amounts:
                names.append(f"a{number}")
        if self._wanted.search:
            names.append("line")
        return [Identifier(name) for name in (*names, "i")]
