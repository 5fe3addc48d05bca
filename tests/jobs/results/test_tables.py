"""Results as files: no spreadsheet runs them, and JSON lines keep every type."""

import csv
import json
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.results.selectors import TargetRows, merged_columns, rows_by_target
from jobs.results.tables import json_line, safe, write_csv, write_jsonl
from jobs.runs.models import RunTarget
from jobs.runs.states import RunState, TargetState
from portal.core.csv_rows import csv_response, safe_cell
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, make_result, make_run

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
text = st.text(st.characters(exclude_categories=["Cs"]))
dangerous = st.builds(str.__add__, st.sampled_from(DANGEROUS), text)


def target_called(name: str, detail: str = "") -> RunTarget:
    organization = Organization(tenant_id=UUID(int=1), name=name)
    return RunTarget(organization=organization, organization_name=name, state="succeeded", error_detail=detail)


def written(columns: list[str], *items: TargetRows) -> list[list[str]]:
    file = StringIO(newline="")
    write_csv(file, columns, items)
    return list(csv.reader(StringIO(file.getvalue(), newline="")))


class TestCsv:
    @given(name=text | dangerous, column=text | dangerous, cell=text | dangerous | st.lists(text))
    @example(name="=1+1", column="@SUM(A1)", cell="\t=cmd|' /C calc'!A0")
    def test_no_cell_begins_a_formula(self, name: str, column: str, cell: Any) -> None:
        for line in written([column], TargetRows(target_called(name, name), [{column: cell}])):
            assert not [value for value in line if value.startswith(DANGEROUS)]

    @given(cell=text)
    def test_harmless_text_stays_as_it_is(self, cell: str) -> None:
        assert safe(f"x{cell}") == f"x{cell}"

    @pytest.mark.parametrize(
        ("value", "cell"),
        [(None, ""), (True, "True"), (-5, "-5"), (1.5, "1.5"), (["a", "b"], '["a","b"]'), ({"a": 1}, '{"a":1}')],
    )
    def test_values_that_are_not_text(self, value: Any, cell: str) -> None:
        assert safe(value) == cell

    def test_one_line_per_object_and_one_for_an_organization_without_objects(self) -> None:
        lines = written(
            ["Name", "Size"],
            TargetRows(target_called("Contoso"), [{"Name": "a", "Size": 1}, {"Name": "b"}]),
            TargetRows(target_called("Fabrikam"), []),
        )
        assert [(line[0], *line[5:]) for line in lines[1:]] == [
            ("Contoso", "a", "1"),
            ("Contoso", "b", ""),
            ("Fabrikam", "", ""),
        ]
        assert lines[0] == ["Organization", "TenantId", "State", "ErrorClass", "ErrorDetail", "Name", "Size"]

    @given(rows=st.lists(st.lists(text | dangerous, min_size=2, max_size=2)))
    def test_downloads_of_lists_are_as_safe(self, rows: list[list[str]]) -> None:
        content = csv_response("list.csv", ["A", "B"], rows).content.decode("utf-8-sig")
        lines = list(csv.reader(StringIO(content, newline="")))
        assert not [cell for line in lines for cell in line if cell.startswith(DANGEROUS)]
        assert lines[1:] == [[safe_cell(cell) for cell in row] for row in rows]


class TestJsonLines:
    def test_keep_every_type(self) -> None:
        rows = [{"Size": 5, "Hidden": False, "Addresses": ["=a"], "Nothing": None}]
        line = json_line(TargetRows(target_called("=Contoso"), rows))
        assert json.loads(line)["rows"] == rows
        assert json.loads(line)["organization"] == "=Contoso"
        assert line.count("\n") == 1

    def test_one_line_per_organization(self) -> None:
        file = StringIO()
        items = [TargetRows(target_called(name), [{"A": 1}] * 3) for name in ("Contoso", "Fabrikam")]
        assert write_jsonl(file, items) == len(file.getvalue().splitlines()) == 2


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
