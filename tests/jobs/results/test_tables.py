"""All results of a run as one table."""

from datetime import UTC, datetime

import pytest

from jobs.results.selectors import merged_columns, rows_by_target
from jobs.results.tables import ORGANIZATION_COLUMNS, result_columns, result_row_count, result_rows
from jobs.runs.models import RunTarget
from jobs.runs.states import RunState, TargetState
from tests.factories import SYSTEM, make_result, make_run


@pytest.mark.django_db
class TestRowsOfARun:
    def test_columns_of_all_organizations_are_merged_in_the_order_in_which_they_occur(self) -> None:
        run = make_run(state=RunState.SUCCEEDED, organizations=3)
        for target, row in zip(
            run.targets.order_by("-position"), [{"C": 1, "B": 1}, {"B": 1}, {"A": 1, "B": 1}], strict=True
        ):
            make_result(target, [row])
        assert merged_columns(actor=SYSTEM, run_id=run.pk) == ["A", "B", "C"]

    def test_come_in_the_order_of_the_run_with_organizations_that_brought_none(self) -> None:
        run = make_run(
            state=RunState.PARTLY_FAILED,
            organizations=3,
            states=[TargetState.SUCCEEDED, TargetState.FAILED],
            rows=[{"A": 1}],
        )
        found = list(rows_by_target(actor=SYSTEM, run_id=run.pk))
        assert [item.target.position for item in found] == [0, 1, 2]
        assert [item.rows for item in found] == [[{"A": 1}], [], [{"A": 1}]]

    def test_leave_late_evidence_out(self) -> None:
        run = make_run(organizations=1)
        late = make_result(run.targets.get(), [{"Late": 1}])
        late.is_late = True
        late.save(update_fields=["is_late"])
        assert [item.rows for item in rows_by_target(actor=SYSTEM, run_id=run.pk)] == [[]]
        assert merged_columns(actor=SYSTEM, run_id=run.pk) == []


@pytest.mark.django_db
class TestTable:
    def test_has_a_row_per_object_and_one_for_an_organization_without_objects(self) -> None:
        run = make_run(
            state=RunState.PARTLY_FAILED,
            organizations=2,
            states=[TargetState.SUCCEEDED, TargetState.FAILED],
            rows=[{"Name": "a", "Size": 1}, {"Name": "b"}],
        )
        rows = list(result_rows(actor=SYSTEM, run_id=run.pk))
        assert [(row["TargetState"], row.get("Name"), row.get("Size")) for row in rows] == [
            ("succeeded", "a", 1),
            ("succeeded", "b", None),
            ("failed", None, None),
        ]
        assert result_columns(actor=SYSTEM, run_id=run.pk) == [*ORGANIZATION_COLUMNS, "Name", "Size"]

    def test_knows_how_many_rows_there_will_be(self) -> None:
        run = make_run(organizations=3, states=[TargetState.SUCCEEDED, TargetState.SUCCEEDED, TargetState.FAILED])
        for target, number in zip(run.targets.order_by("position"), (2, 0, None), strict=True):
            RunTarget.objects.filter(pk=target.pk).update(row_count=number)
        assert result_row_count(actor=SYSTEM, run_id=run.pk) == 4

    def test_a_property_called_like_one_of_our_columns_says_whose_it_is(self) -> None:
        run = make_run(organizations=1, rows=[{"TargetState": "Enabled", "Name": "x"}])
        row = next(iter(result_rows(actor=SYSTEM, run_id=run.pk)))
        assert (row["TargetState"], row["TargetState (Exchange)"]) == ("succeeded", "Enabled")
        assert "TargetState (Exchange)" in result_columns(actor=SYSTEM, run_id=run.pk)

    def test_a_moment_is_one_when_exchange_says_so_and_names_its_zone(self) -> None:
        row = {
            "When@odata.type": "#System.DateTime",
            "When": "2026-03-04T05:06:07Z",
            "Local@data.type": "System.DateTime",
            "Local": "2026-03-04T05:06:07",
            "Name": "2026-03-04T05:06:07Z",
        }
        run = make_run(organizations=1, rows=[row])
        found = next(iter(result_rows(actor=SYSTEM, run_id=run.pk)))
        assert found["When"] == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
        assert (found["Local"], found["Name"]) == ("2026-03-04T05:06:07", "2026-03-04T05:06:07Z")
        assert not [name for name in found if "@" in name]
