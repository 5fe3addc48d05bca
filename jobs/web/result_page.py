"""What the results of a run show: finished values for the templates."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.urls import reverse

from jobs.results.rows.explorer import Count, Explorer, FoundRow, Group, RowPage
from jobs.results.rows.models import RowTable
from jobs.results.rows.objects import FoundObject
from jobs.results.rows.statements import Place
from jobs.results.rows.values import ITEM_SEPARATOR, Kind, measure, text_of
from jobs.results.rows.wanted import ORGANIZATION, ColumnFacts, Condition, Filter, Wanted
from jobs.results.tables import STEP
from jobs.runs.models import Run
from jobs.runs.states import is_open
from jobs.web.result_address import with_filter, without_filter, write_query
from jobs.web.result_cells import ResultCell, cell_of, format_list, powershell_value

SHOWN_COLUMNS = 8
LONGEST_FILTER = 200
CONDITIONS = {
    Condition.CONTAINS: "contains",
    Condition.EQUALS: "is",
    Condition.DIFFERS: "is not",
    Condition.GREATER: "is more than, or after",
    Condition.LESS: "is less than, or before",
    Condition.EMPTY: "is empty",
    Condition.FILLED: "is not empty",
}
_CONDITIONS_OF_DATES = {Condition.GREATER: "is after", Condition.LESS: "is before"}
_CONDITIONS_OF_AMOUNTS = {Condition.GREATER: "is more than", Condition.LESS: "is less than"}
KINDS = {
    Kind.NUMBER: "number",
    Kind.SIZE: "size",
    Kind.DATE: "date",
    Kind.DURATION: "duration",
    Kind.TRUTH: "yes or no",
    Kind.LIST: "list",
    Kind.OBJECT: "nested",
}
_FIRST = (STEP, "Name", "DisplayName", "Identity", "PrimarySmtpAddress", "UserPrincipalName", "RecipientTypeDetails")


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One column that can be shown."""

    name: str
    kind: str
    filled: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a shown column."""

    name: str
    is_figure: bool
    title: str


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in words, and the address without it."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of the table."""

    found: FoundRow
    url: str
    cells: list[ResultCell]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One value with its rows; `url` lists them."""

    words: str
    is_empty: bool
    rows: int
    organizations: int
    url: str
    share: str


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an object; `url` lists the rows with the same value, empty where that cannot be asked."""

    name: str
    value: str
    is_nested: bool
    url: str


def shown_columns(explorer: Explorer) -> tuple[str, ...]:
    """Return the columns that are shown when none is chosen: those that name an object, then those that are filled."""
    filled = [each.name for each in explorer.columns.values() if each.filled and each.kind is not Kind.OBJECT]
    first = [name for name in _FIRST if name in filled]
    return tuple([*first, *(name for name in filled if name not in first)][:SHOWN_COLUMNS])


def table_context(run: Run, explorer: Explorer, wanted: Wanted, page: RowPage, *, is_first: bool) -> dict[str, Any]:
    """Return one page of rows."""
    kinds = [explorer.columns[name].kind for name in wanted.columns]
    rows = [
        TableRow(
            row,
            object_url(run, row.place, wanted),
            [cell_of(kind, text) for kind, text in zip(kinds, row.texts, strict=True)],
        )
        for row in page.rows
    ]
    return {
        "heads": [_head(explorer.columns[name]) for name in wanted.columns],
        "rows": rows,
        "before_url": f"?{write_query(wanted, page.before, backward=True)}" if page.before else "",
        "after_url": f"?{write_query(wanted, page.after)}" if page.after else "",
        "first_url": f"?{write_query(wanted)}" if not is_first else "",
    }


def groups_context(explorer: Explorer, wanted: Wanted) -> dict[str, Any]:
    """Return the rows by value of one column."""
    groups = explorer.groups(wanted)
    total = sum(group.rows for group in groups.shown)
    return {
        "groups": [_group_row(group, wanted, total) for group in groups.shown],
        "largest": max((group.rows for group in groups.shown), default=0),
        "group_total": groups.total,
        "group_word": column_word(wanted.group),
        "ungroup_url": f"?{write_query(replace(wanted, group=''))}",
    }


def tools_context(explorer: Explorer, wanted: Wanted, *, defaults: bool) -> dict[str, Any]:
    """Return what narrows, orders and arranges the rows; with `defaults`, no column was chosen by hand."""
    kept = replace(wanted, columns=()) if defaults else wanted
    kinds = {each.name: each.kind for each in explorer.columns.values()}
    chips = [
        Chip(filter_words(each, kinds.get(each.column)), f"?{write_query(without_filter(kept, each))}")
        for each in wanted.filters
    ]
    if wanted.search:
        chips.append(Chip(f"anything contains “{wanted.search}”", f"?{write_query(replace(kept, search=''))}"))
    if wanted.target:
        name = next((owner.name for owner in explorer.owners.values() if owner.target_id == wanted.target), "unknown")
        chips.append(Chip(f"only {name}", f"?{write_query(replace(kept, target=None))}"))
    chosen = set(wanted.columns)
    return {
        "wanted": wanted,
        "chips": chips,
        "clear_url": f"?{write_query(Wanted(columns=kept.columns, sort=kept.sort, group=kept.group))}",
        "conditions": [(condition.value, words) for condition, words in CONDITIONS.items()],
        "columns": [
            ColumnChoice(each.name, KINDS.get(each.kind, ""), each.filled, each.name in chosen)
            for each in explorer.columns.values()
        ],
        "organization_column": ORGANIZATION,
        "kept": _hidden(kept, "filter", "sort", "group", "q", "target", "columns"),
        "kept_for_search": _hidden(kept, "filter", "sort", "group", "target", "columns"),
        "kept_for_columns": _hidden(kept, "filter", "sort", "group", "q", "target"),
        "kept_for_group": _hidden(kept, "filter", "sort", "q", "target", "columns"),
        "all_columns_url": f"?{write_query(replace(wanted, columns=tuple(explorer.columns)))}",
        "default_columns_url": f"?{write_query(replace(wanted, columns=()))}",
        "default_columns": defaults,
    }


def progress_context(run: Run, table: RowTable) -> dict[str, Any]:
    """Return how much of a run is unfolded; `poll_url` is empty when nothing more will come."""
    unfolded, is_complete = len(table.unfolded), table.is_complete
    return {
        "unfolded": unfolded,
        "run_is_open": is_open(run.state),
        "is_complete": is_complete,
        "poll_url": ""
        if is_complete
        else f"{reverse('jobs:run-results-progress', args=[run.pk])}?seen={table.row_count}",
    }


def object_context(explorer: Explorer, wanted: Wanted, found: FoundObject) -> dict[str, Any]:
    """Return one object in full, with its neighbours in the order of the list that it came from."""
    run = found.target.run
    before, after = explorer.neighbours(wanted, found.place)
    names = [name for name in found.properties if "@" not in name]
    plain = {name: found.properties[name] for name in names}
    return {
        "found": found,
        "properties": [_property(run, name, found.properties[name]) for name in names],
        "json": orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode(),
        "text": format_list(plain),
        "list_url": f"{reverse('jobs:run-results', args=[run.pk])}?{write_query(wanted)}",
        "before_url": object_url(run, before, wanted) if before else "",
        "after_url": object_url(run, after, wanted) if after else "",
        "only_url": f"{reverse('jobs:run-results', args=[run.pk])}?{write_query(Wanted(target=found.target.pk))}",
    }


def object_url(run: Run, place: Place, wanted: Wanted) -> str:
    """Return the address of one object, which remembers the list that it came from."""
    query = write_query(wanted)
    url = reverse("jobs:run-result", args=[run.pk, place.position, place.number])
    return f"{url}?{query}" if query else url


def column_word(name: str) -> str:
    """Return how a column is called on pages."""
    return "Organization" if name == ORGANIZATION else name


def filter_words(each: Filter, kind: Kind | None = None) -> str:
    """Return a filter in words; its column's kind makes them shorter."""
    before_and_after = _CONDITIONS_OF_DATES if kind is Kind.DATE else _CONDITIONS_OF_AMOUNTS if kind else {}
    words = f"{column_word(each.column)} {before_and_after.get(each.condition, CONDITIONS[each.condition])}"
    return f"{words} “{each.value}”" if each.condition.takes_value else words


def count_words(count: Count, total: int) -> str:
    """Return how many rows are listed, of how many."""
    if count.more:
        return f"more than {count.rows:,} of {total:,} rows"
    return f"{count.rows:,} of {total:,} rows" if count.rows != total else f"{total:,} rows"


def _head(facts: ColumnFacts) -> Head:
    is_figure = facts.kind in (Kind.NUMBER, Kind.SIZE, Kind.DURATION)
    kind = f"{KINDS[facts.kind]}, " if facts.kind in KINDS else ""
    return Head(facts.name, is_figure, f"{kind}filled in {facts.filled:,} rows")


def _group_row(group: Group, wanted: Wanted, total: int) -> GroupRow:
    if group.owner is not None:
        url = write_query(replace(wanted, group="", target=group.owner.target_id))
        words = group.owner.name
    else:
        value = group.value or ""
        one = Filter(wanted.group, Condition.EQUALS if group.value else Condition.EMPTY, value.split(ITEM_SEPARATOR)[0])
        url, words = write_query(with_filter(wanted, one)), value.replace(ITEM_SEPARATOR, ", ")
    share = f"{100 * group.rows / total:.3g} %" if total else ""
    return GroupRow(
        words[:300], group.value is None and group.owner is None, group.rows, group.organizations, f"?{url}", share
    )


def _property(run: Run, name: str, value: Any) -> Property:
    text, kind = text_of(value), measure(value)[0]
    nested = value is not None and kind is Kind.OBJECT
    url = ""
    if not nested and kind is not Kind.LIST and len(text or "") <= LONGEST_FILTER:
        one = Filter(name, Condition.EQUALS if text else Condition.EMPTY, text or "")
        url = f"{reverse('jobs:run-results', args=[run.pk])}?{write_query(Wanted(filters=(one,)))}"
    return Property(name, powershell_value(value), nested, url)


def _hidden(wanted: Wanted, *names: str) -> list[tuple[str, str]]:
    """Return the named parts of a query as the hidden fields of a form that sets the others."""
    return [(name, value) for name, value in parse_qsl(write_query(wanted)) if name in names]
