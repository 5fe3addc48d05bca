"""Files that survive hostile text: nothing is lost, nothing is executed, every type is kept."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.exports.listings import Row
from portal.exports.writers.comma_separated import NUL_SHOWN, write_csv
from portal.exports.writers.json_lines import write_jsonl
from portal.exports.writers.workbook import TooManyColumns, write_xlsx

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=cmd|' /C calc'!A0",
    "\r=1",
    "a\x00b",
    "_x0041_",
    "\U0001f682 \U0001f469‍\U0001f4bb",
    "\u202eمرحبا",
    'a"b,c;d\r\ne\nf',
    "<script>&amp;",
    "http://example.com",
    "  spaces  ",
    "\ud800",
    "\uffff\ufffe",
    "x" * 40_000,
    "\U0001f682" * 20_000,
    "'quoted",
    "1e5",
    "007",
    "{=1}",
)
text = st.one_of(
    st.sampled_from(HOSTILE), st.text(), st.builds(str.__add__, st.sampled_from(DANGEROUS), st.text(max_size=20))
)
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "export"


def written_xlsx(file: Path, columns: Sequence[str], rows: Sequence[Row], **options: Any) -> tuple[int, str]:
    return write_xlsx(file, "Things", columns, rows, lambda count: [("Rows", str(count))], **options)


def sheets(file: Path) -> dict[str, list[dict[str, tuple[str, str]]]]:
    """Read a workbook with a zip and an XML reader alone: by sheet, each row's (type, value) by column."""
    with zipfile.ZipFile(file) as book:
        listed = parsed(book.read("xl/workbook.xml")).iter(f"{NAMESPACE}sheet")
        names = [each.get("name") or "" for each in listed]
        found = {}
        for number, name in enumerate(names, start=1):
            root = parsed(book.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(root.iter(f"{NAMESPACE}f")), "a formula"
            assert not list(root.iter(f"{NAMESPACE}hyperlink")), "a link"
            found[name] = [dict(map(cell, row)) for row in root.iter(f"{NAMESPACE}row")]
    return found


def parsed(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314 - written by this very test


def cell(element: ET.Element) -> tuple[str, tuple[str, str]]:
    place = re.sub(r"\d", "", element.get("r") or "")
    inline = element.find(f"{NAMESPACE}is/{NAMESPACE}t")
    if inline is not None:
        return place, ("text", ESCAPE.sub(lambda found: chr(int(found[1], 16)), inline.text or ""))
    return place, (element.get("t") or "n", element.findtext(f"{NAMESPACE}v") or "")


def fit_for_xml(value: str) -> str:
    """What becomes of text in a workbook: what no XML can hold is replaced, and nothing else.

    The library escapes what looks like an escape, except where two share an underscore (`_x0041_x0041_`).
    """
    return re.sub("[\ud800-\udfff\ufffe\uffff]", "\ufffd", value)


class TestXlsx:
    @given(values=st.lists(text, min_size=1, max_size=4))
    @example(values=list(HOSTILE))
    def test_hostile_text_survives_and_is_never_a_formula(self, file: Path, values: list[str]) -> None:
        written_xlsx(file, ["A"], [{"A": value} for value in values])
        rows = sheets(file)["Things"][1:]
        shown = iter(rows)
        for value in values:
            if value == "":
                continue
            kind, read = next(row for row in shown if row)["A"]
            assert kind == "text"
            whole = fit_for_xml(value)
            if len(whole.encode("utf-16-le")) // 2 <= 32_767:
                assert read == whole
            else:
                assert "shortened here" in read
                assert read.startswith(whole[:1000])
                assert len(read.encode("utf-16-le")) // 2 <= 32_767

    @given(column=text)
    def test_a_hostile_heading_is_text_too(self, file: Path, column: str) -> None:
        written_xlsx(file, [column], [{column: 1}])
        assert all(kind == "text" for kind, _ in sheets(file)["Things"][0].values())

    def test_says_how_many_cells_it_shortened(self, file: Path) -> None:
        rows, note = written_xlsx(file, ["A", "B"], [{"A": "x" * 40_000, "B": "y" * 32_767}, {"A": "z" * 32_768}])
        assert (rows, note) == (2, "2 cells were longer than Excel takes and shortened; CSV and JSONL hold them whole.")
        assert sheets(file)["About"][1]["B"] == ("text", note)
        assert "all 40,000]" in sheets(file)["Things"][1]["A"][1]

    @pytest.mark.parametrize(
        ("value", "read"),
        [
            (5, ("n", "5")),
            (-1.5, ("n", "-1.5")),
            (True, ("b", "1")),
            (123456789012345678, ("text", "123456789012345678")),
            (float("inf"), ("text", "inf")),
            (float("nan"), ("text", "nan")),
            (datetime(2026, 3, 4, 6, 0, tzinfo=UTC), ("n", "46085.25")),
            (datetime(1601, 1, 1, tzinfo=UTC), ("text", "1601-01-01T00:00:00Z")),
            (datetime(9999, 12, 31, tzinfo=UTC), ("n", "2958465")),
            (UUID(int=1), ("text", "00000000-0000-0000-0000-000000000001")),
            (["a", 1], ("text", '["a",1]')),
            ({"a": {"b": None}}, ("text", '{"a":{"b":null}}')),
        ],
    )
    def test_numbers_and_moments_are_real_ones(self, file: Path, value: Any, read: tuple[str, str]) -> None:
        written_xlsx(file, ["A"], [{"A": value}])
        assert sheets(file)["Things"][1]["A"] == read

    def test_more_rows_than_a_sheet_holds_go_on_on_the_next(self, file: Path) -> None:
        rows, note = written_xlsx(file, ["A"], [{"A": number} for number in range(5)], rows_a_sheet=3)
        found = sheets(file)
        assert list(found) == ["Things", "Things 2", "Things 3", "About"]
        numbers = [row["A"][1] for name in list(found)[:3] for row in found[name][1:]]
        assert (rows, numbers) == (5, ["0", "1", "2", "3", "4"])
        assert all(found[name][0]["A"] == ("text", "A") for name in list(found)[:3])
        assert "3 sheets" in note

    @pytest.mark.parametrize("name", ["History", "a/b:c*d?e[f]g\\h", "'x'", "", "x" * 50, "\U0001f682" * 20])
    def test_any_title_becomes_a_sheet(self, file: Path, name: str) -> None:
        write_xlsx(file, name, ["A"], [{"A": 1}, {"A": 2}], lambda _: [], rows_a_sheet=2)
        assert all(0 < len(title.encode("utf-16-le")) // 2 <= 31 for title in sheets(file))

    def test_the_heading_is_frozen_and_filters(self, file: Path) -> None:
        written_xlsx(file, ["A", "B"], [{"A": 1, "B": 2}])
        with zipfile.ZipFile(file) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert 'state="frozen"' in sheet
        assert '<autoFilter ref="A1:B2"' in sheet

    def test_without_rows_there_is_the_heading(self, file: Path) -> None:
        assert written_xlsx(file, ["A"], []) == (0, "")
        assert sheets(file)["Things"] == [{"A": ("text", "A")}]

    def test_more_columns_than_a_sheet_holds_are_refused_with_what_to_do(self, file: Path) -> None:
        with pytest.raises(TooManyColumns, match="Export CSV or JSONL"):
            written_xlsx(file, [str(number) for number in range(16_385)], [])


class TestCsv:
    @given(values=st.lists(text, min_size=1, max_size=4))
    @example(values=list(HOSTILE))
    def test_hostile_text_survives_and_begins_no_formula(self, file: Path, values: list[str]) -> None:
        assert write_csv(file, ["A", "B"], [{"A": value, "B": "end"} for value in values]) == len(values)
        lines = list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
        assert file.read_bytes().startswith(b"\xef\xbb\xbf")
        assert not [item for line in lines for item in line if item.startswith(DANGEROUS)]
        for line, value in zip(lines[1:], values, strict=True):
            whole = re.sub("[\ud800-\udfff]", "?", value.replace("\x00", NUL_SHOWN))
            assert line == [f"'{whole}" if whole.startswith(DANGEROUS) else whole, "end"]

    @pytest.mark.parametrize(
        ("value", "read"),
        [
            (None, ""),
            (True, "True"),
            (-5, "-5"),
            (1.5, "1.5"),
            (["a", "b"], '["a","b"]'),
            ({"a": 1}, '{"a":1}'),
            (datetime(2026, 3, 4, 6, tzinfo=UTC) + timedelta(microseconds=1), "2026-03-04T06:00:00.000001Z"),
        ],
    )
    def test_values_that_are_not_text(self, file: Path, value: Any, read: str) -> None:
        write_csv(file, ["A", "B"], [{"A": value, "B": ""}])
        assert next(csv.DictReader(file.read_text("utf-8-sig").splitlines()))["A"] == read

    def test_a_column_that_a_row_has_not_is_empty(self, file: Path) -> None:
        write_csv(file, ["A", "B"], [{"B": 1}])
        assert file.read_bytes() == b"\xef\xbb\xbfA,B\r\n,1\r\n"


class TestJsonLines:
    @given(
        rows=st.lists(st.dictionaries(st.text(max_size=5), st.one_of(text, st.integers(), st.booleans(), st.none())))
    )
    def test_keep_every_type_and_character(self, file: Path, rows: list[dict[str, Any]]) -> None:
        assert write_jsonl(file, rows) == len(rows)
        assert [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]] == rows

    def test_moments_are_in_utc_and_nested_values_stay_nested(self, file: Path) -> None:
        write_jsonl(file, [{"At": datetime(2026, 3, 4, 6, tzinfo=UTC), "Id": UUID(int=1), "More": {"a": [1]}}])
        assert json.loads(file.read_text()) == {
            "At": "2026-03-04T06:00:00Z",
            "Id": "00000000-0000-0000-0000-000000000001",
            "More": {"a": [1]},
        }
