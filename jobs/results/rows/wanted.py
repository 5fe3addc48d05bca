"""What somebody wants to see of the rows of a run: columns, order, filters, group, search."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from jobs.results.rows.amounts import AmountUnreadable, amount_range
from jobs.results.rows.values import Kind

ORGANIZATION = "@organization"
"""Names the organization of a row; no property is called so, because "@" marks annotations."""


class Condition(StrEnum):
    """What a filter asks of a value."""

    CONTAINS = "contains"
    EQUALS = "equals"
    DIFFERS = "differs"
    GREATER = "greater"
    LESS = "less"
    EMPTY = "empty"
    FILLED = "filled"

    @property
    def takes_value(self) -> bool:
        """Whether the test compares with a value."""
        return self not in (Condition.EMPTY, Condition.FILLED)

    @property
    def is_of_amounts(self) -> bool:
        """Whether only numbers, sizes, dates and durations can be tested so."""
        return self in (Condition.GREATER, Condition.LESS)


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column of all rows of a run: what its values are, and in how many rows it is filled."""

    name: str
    kind: Kind
    filled: int


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one column."""

    column: str
    condition: Condition
    value: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows, in which order (`-` first: descending; empty: by organization), and how they are shown."""

    columns: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    search: str = ""
    sort: str = ""
    group: str = ""
    target: UUID | None = None

    @property
    def narrows(self) -> bool:
        """Whether rows are left out."""
        return bool(self.filters or self.search or self.target)

    @property
    def sort_column(self) -> str:
        """The column that orders the rows; empty for the organization."""
        return self.sort.removeprefix("-").removeprefix(ORGANIZATION)

    @property
    def falls(self) -> bool:
        """Whether the order is descending."""
        return self.sort.startswith("-")


@dataclass(frozen=True, slots=True)
class Checked:
    """What can be shown of what was wanted, and in sentences what was ignored and why."""

    wanted: Wanted
    ignored: list[str] = field(default_factory=list)


def checked(wanted: Wanted, columns: dict[str, ColumnFacts]) -> Checked:
    """Return `wanted` without what these columns cannot answer, and say what was left out."""
    ignored: list[str] = []
    for name in wanted.columns:
        if name not in columns:
            ignored.append(f"the column “{name}”: no row has it")
    filters = []
    for each in wanted.filters:
        problem = _problem(each, columns)
        if problem:
            ignored.append(f"the filter on “{_word(each.column)}”: {problem}")
        else:
            filters.append(each)
    sort, group = wanted.sort, wanted.group
    if wanted.sort_column and wanted.sort_column not in columns:
        ignored.append(f"the order by “{wanted.sort_column}”: no row has this column")
        sort = ""
    if group and group != ORGANIZATION and group not in columns:
        ignored.append(f"the group by “{group}”: no row has this column")
        group = ""
    shown = tuple(name for name in wanted.columns if name in columns)
    return Checked(replace(wanted, columns=shown, filters=tuple(filters), sort=sort, group=group), ignored)


def _problem(each: Filter, columns: dict[str, ColumnFacts]) -> str:
    """Return why a filter cannot be applied, or an empty text."""
    if each.condition.takes_value and not each.value:
        return "it has no value to compare with"
    if each.column == ORGANIZATION:
        return "organizations are compared as text" if each.condition.is_of_amounts else ""
    if each.column not in columns:
        return "no row has this column"
    kind = columns[each.column].kind
    if each.condition.is_of_amounts and not kind.has_amounts:
        return "its values have no order as numbers; use “contains” or “is”"
    if kind.has_amounts and each.condition.takes_value and each.condition is not Condition.CONTAINS:
        try:
            amount_range(kind, each.value)
        except AmountUnreadable as refusal:
            return str(refusal)
    return ""


def _word(column: str) -> str:
    return "Organization" if column == ORGANIZATION else column
