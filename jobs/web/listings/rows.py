"""The results of a run as somebody filtered, ordered and arranged them, as a listing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.urls import reverse

from jobs.results.rows.explorer import Explorer
from jobs.results.rows.unfolding import unfold_whole_run
from jobs.results.rows.values import value_of
from jobs.results.rows.wanted import Wanted, checked
from jobs.runs.models import Run
from jobs.web.listings.runs import READ_IN_ORGANIZATIONS, run_named, table_of_run
from jobs.web.result_address import read_address
from jobs.web.result_page import column_word, filter_words, shown_columns
from portal.core.actors import Actor
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Row, Selection, Table

_PLACE = ("Organization", "Object")


@dataclass(frozen=True)
class _Rows:
    """The rows of one run, read when first asked for."""

    actor: Actor
    run: Run
    asked: Wanted

    def columns(self) -> list[str]:
        return [*_PLACE, *(f"{name} (Exchange)" if name in _PLACE else name for name in self._wanted.columns)]

    def rows(self) -> Iterator[Row]:
        names = self._wanted.columns
        kinds = [self._explorer.columns[name].kind for name in names]
        for found in self._explorer.each(self._wanted):
            values = map(value_of, kinds, found.texts)
            yield dict(zip(self.columns(), (found.owner.name, found.place.number, *values), strict=True))

    @cached_property
    def _explorer(self) -> Explorer:
        unfold_whole_run(self.run)
        return Explorer(self.actor, self.run.pk)

    @cached_property
    def _wanted(self) -> Wanted:
        understood = checked(self.asked, self._explorer.columns)
        found = understood.wanted
        if found.filters != self.asked.filters:
            raise _too_much(understood.ignored)
        return found if found.columns else replace(found, columns=shown_columns(self._explorer))


def _open(actor: Actor, selection: Selection) -> Table:
    run = run_named(actor, selection.of_id)
    read = read_address(selection.query)
    if read.ignored:
        raise _too_much(read.ignored)
    asked = read.wanted
    rows = _Rows(actor, run, asked)
    return table_of_run(
        run,
        selection.query,
        title=f"Rows of {run}",
        columns=rows.columns,
        rows=rows.rows,
        filters=_in_words(asked),
        page=reverse("jobs:run-results", args=[run.pk]),
    )


def _too_much(ignored: Sequence[str]) -> Refused:
    return Refused(f"The file would hold more than its filters say. Take away {'; '.join(ignored)}.")


def _in_words(asked: Wanted) -> str:
    words = [filter_words(each) for each in asked.filters]
    if asked.search:
        words.append(f"anything contains “{asked.search}”")
    if asked.target:
        words.append("only one organization")
    if asked.sort:
        words.append(f"by {column_word(asked.sort.removeprefix('-'))}{', descending' if asked.falls else ''}")
    return "; ".join(words)


LISTINGS = (Listing("run-rows", "Rows of a run", READ_IN_ORGANIZATIONS, _open),)
