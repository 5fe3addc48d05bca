"""Rows are derived: built in steps, built again to the same, and never of evidence that came too late."""

from typing import Any

import pytest
from django.utils import timezone

from jobs.results.models import Result
from jobs.results.rows import unfolding
from jobs.results.rows.explorer import Explorer
from jobs.results.rows.models import RowColumn, RowPart, RowTable
from jobs.results.rows.unfolding import fold_run, prepare_rows, sweep_rows, unfold_run
from jobs.results.rows.values import Kind, value_of
from jobs.results.rows.wanted import Wanted
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from tests.factories import SYSTEM, make_result, make_run

pytestmark = pytest.mark.django_db


def stored(run: Run) -> list[Any]:
    fields = ("number", "positions", "numbers", "search")
    columns = ("part", "name", "place", "kind", "filled", "texts", "amounts")
    return [
        list(RowPart.objects.filter(run=run).order_by("number").values_list(*fields)),
        list(RowColumn.objects.filter(run=run).order_by("part", "place").values_list(*columns)),
    ]


def names(run: Run) -> list[str | None]:
    return [row.texts[0] for row in Explorer(SYSTEM, run.pk).page(Wanted(columns=("Name",)), size=5000).rows]


def rows(number: int, prefix: str = "row") -> list[dict[str, Any]]:
    return [{"Name": f"{prefix} {index}", "Odd": index % 2 == 1, "Note": None} for index in range(number)]


class TestUnfold:
    def test_rebuilds_to_the_same(self) -> None:
        run = make_run(organizations=7, rows=rows(300))
        prepare_rows(run)
        unfold_run(run_id=str(run.pk))
        first = stored(run)
        fold_run(run.pk)
        assert stored(run) == [[], []]

        prepare_rows(run)
        unfold_run(run_id=str(run.pk))
        unfold_run(run_id=str(run.pk))

        assert stored(run) == first
        assert RowTable.objects.get(run=run).row_count == 2100

    def test_goes_on_where_a_dying_worker_left_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run, other = make_run(organizations=6, rows=rows(300)), make_run(organizations=6, rows=rows(300))
        for each in (run, other):
            RowTable.objects.create(run=each, changed_at=timezone.now())
        store, calls = unfolding._store, []

        def dying(table: RowTable, targets: list[unfolding.Answered], *, with_step: bool) -> None:
            store(table, targets, with_step=with_step)
            calls.append(targets)
            if len(calls) == 2:
                raise SystemExit

        monkeypatch.setattr(unfolding, "_store", dying)
        with pytest.raises(SystemExit):
            unfold_run(run_id=str(run.pk))
        assert RowTable.objects.get(run=run).unfolded == [0, 1]
        monkeypatch.undo()
        unfold_run(run_id=str(run.pk))
        unfold_run(run_id=str(other.pk))

        assert stored(run) == stored(other)

    def test_leaves_out_late_evidence_and_takes_the_newest_answer(self) -> None:
        run = make_run(organizations=1, rows=rows(1, "first"))
        target = run.targets.get()
        make_result(target, rows(1, "second"), number=2)
        make_result(target, rows(1, "late"), number=3)
        Result.objects.filter(attempt__number=3).update(is_late=True)

        prepare_rows(run)

        assert names(run) == ["second 0"]

    def test_takes_answers_of_any_shape(self) -> None:
        odd: list[dict[str, Any]] = [
            {},
            {"Name": "x\x00y", "a@odata.type": "z", "Deep": [{"a": 1}], "Half": [""]},
            {"Name": ""},
        ]
        run = make_run(organizations=1, rows=[{"Name": "x"}])
        Result.objects.all().delete()
        make_result(run.targets.get(), odd, number=2)

        prepare_rows(run)

        assert names(run) == [None, "x\ufffdy", None]
        assert list(Explorer(SYSTEM, run.pk).columns) == ["Name", "Deep", "Half"]


class TestWhileTheRunGoesOn:
    def test_shows_what_is_there_and_orders_it_anew_when_the_run_is_over(self) -> None:
        run = make_run(state=RunState.RUNNING, organizations=3)
        first, second, third = run.targets.order_by("position")

        def answer(target: RunTarget) -> None:
            make_result(target, rows(2, f"of {target.position}"))
            target.state, target.finished_at, target.row_count = TargetState.SUCCEEDED, target.changed_at, 2
            target.save()

        answer(third)
        assert prepare_rows(run).unfolded == [2]
        answer(first)
        assert prepare_rows(run).unfolded == [0, 2]
        assert names(run) == ["of 0 0", "of 0 1", "of 2 0", "of 2 1"]

        second.state, second.finished_at = TargetState.ERRORED, second.changed_at
        second.save()
        run.state = RunState.PARTLY_FAILED
        run.save()
        table = prepare_rows(run)

        assert (table.is_final, table.unfolded, table.row_count, table.part_count) == (True, [0, 1, 2], 4, 1)

    def test_many_rows_are_left_to_the_worker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = make_run(organizations=3, rows=rows(400))
        rung: list[str] = []
        monkeypatch.setattr(unfolding, "_send", lambda run_id: rung.append(run_id))

        tables = [prepare_rows(run), prepare_rows(run)]

        assert [table.unfolded for table in tables] == [[], []]
        assert rung == [str(run.pk)]


def test_rows_that_nobody_opened_for_a_month_are_thrown_away() -> None:
    opened, forgotten = make_run(organizations=1, rows=rows(1)), make_run(organizations=1, rows=rows(1))
    for run in (opened, forgotten):
        prepare_rows(run)
    RowTable.objects.filter(run=forgotten).update(changed_at="2020-01-01T00:00Z")

    sweep_rows()

    assert list(RowTable.objects.values_list("run", flat=True)) == [opened.pk]
    assert set(RowColumn.objects.values_list("run", flat=True)) == {opened.pk}


@pytest.mark.parametrize(
    "text", ["1 B (, bytes)", "99999999999999.00:00:00", "0001-01-01T00:00:00+23:59", "٣ B (٣ bytes)"]
)
def test_texts_that_nearly_are_amounts_stay_texts_or_become_amounts(text: str) -> None:
    run = make_run(organizations=1, rows=[{"Name": text}])
    prepare_rows(run)
    assert names(run) == [text]


def test_a_text_that_begins_like_an_object_is_exported_as_it_is() -> None:
    assert value_of(Kind.OBJECT, "{not an object}") == "{not an object}"
