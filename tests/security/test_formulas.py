"""No cell of an export is run by a spreadsheet; JSON lines lose nothing."""

import csv
import json
import random
import zipfile
from pathlib import Path

import pytest

from portal.core.csv_rows import FORMULA_STARTS
from portal.exports.writers.comma_separated import write_csv
from portal.exports.writers.json_lines import write_jsonl
from portal.exports.writers.workbook import write_xlsx

SEED = 20261124
CELLS = 10_000
COLUMNS = ("A", "=cmd|' /C calc'!A0", "C", "D", "E")
TAILS = (
    "1+1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://evil.example","x")',
    "SUM(A1:A9)",
    "\tx",
    "\r\n=1",
    "",
    '1;=2,"=3',
)
FRONTS = (
    *FORMULA_STARTS,
    *(before + start for before in ("", " ", "'", '"', "\x00", "a;", "a\t", "a\n", 'a",') for start in "=+-@"),
)


def cells() -> list[str]:
    chance = random.Random(SEED)
    alphabet = "=+-@\t\r\n\x00;,'\"|!() aZ0é\u202e\u200b\ufeff＝＋\U0001f682"
    free = ("".join(chance.choices(alphabet, k=chance.randrange(30))) for _ in range(CELLS // 2))
    built = (chance.choice(FRONTS) + chance.choice(TAILS) for _ in range(CELLS // 2))
    return [*free, *built]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    made = cells()
    return [dict(zip(COLUMNS, made[at : at + len(COLUMNS)], strict=True)) for at in range(0, CELLS, len(COLUMNS))]


def test_no_parsed_cell_of_a_csv_begins_a_formula(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    write_csv(tmp_path / "x.csv", COLUMNS, rows)
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        parsed = list(csv.reader(file))
    found = [cell for row in parsed for cell in row if cell.startswith(FORMULA_STARTS)]
    print(f"\nseed {SEED}, {CELLS} cells of CSV: {len(found)} begin a formula")
    assert found == []
    assert len(parsed) == len(rows) + 1
    assert {len(row) for row in parsed} == {len(COLUMNS)}


def test_a_workbook_holds_texts_only(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    write_xlsx(tmp_path / "x.xlsx", "=1+1", COLUMNS, rows, lambda count: [("Rows", str(count)), ("=1", "=1")])
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        names = book.namelist()
        texts = "".join(book.read(name).decode() for name in names if name.startswith("xl/worksheets/"))
    formulas, links = texts.count("<f>") + texts.count("<f "), texts.count("<hyperlink")
    print(f"\nseed {SEED}, {CELLS} cells of XLSX: {formulas} formulas, {links} links")
    assert (formulas, links) == (0, 0)
    assert not [name for name in names if "externalLink" in name or "vba" in name or "connections" in name]


def test_json_lines_give_back_exactly_what_went_in(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    write_jsonl(tmp_path / "x.jsonl", rows)
    lines = (tmp_path / "x.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line) for line in lines if line] == rows
    assert len(lines) == len(rows) + 1
