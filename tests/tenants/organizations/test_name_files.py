"""Uploaded lists of organizations: the column is found, and each line keeps its number."""

import pytest

from portal.core.tables import LARGEST_FILE, UnreadableTable
from tenants.organizations.models import Organization
from tenants.organizations.name_files import read_name_file
from tenants.organizations.name_lists import read_name_list
from tests.factories import SYSTEM, make_organizations

pytestmark = pytest.mark.django_db


@pytest.fixture
def places() -> list[Organization]:
    return [
        *make_organizations(1, name="Müller & Söhne", default_domain="mueller.example"),
        *make_organizations(1, name="Contoso, Ltd", default_domain="contoso.example"),
    ]


SHEET = (
    "No;Customer;Domain\r\n1;Müller & Söhne;mueller.example\r\n\r\n"
    "2;Contoso, Ltd;contoso.example\r\n3;X;nobody.example\r\n"
)


class TestEncodings:
    @pytest.mark.parametrize(
        ("encoding", "said"),
        [
            ("utf-8", "UTF-8"),
            ("utf-8-sig", "UTF-8"),
            ("utf-16", "UTF-16"),
            ("utf-16-le", "UTF-16"),
            ("utf-16-be", "UTF-16"),
            ("cp1252", "Windows-1252"),
        ],
    )
    def test_each_is_found_and_said(self, places: list[Organization], encoding: str, said: str) -> None:
        read = read_name_file(SYSTEM, "customers.csv", SHEET.encode(encoding))
        assert f"stored as {said}" in read.note
        assert read_name_list(SYSTEM, read.text).organizations == places

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"PK\x03\x04rest", "Save the sheet as CSV"),
            (b"%PDF-1.7", "a PDF"),
            (b"abc\x81\x8d", "UTF-8, UTF-16 or Windows-1252"),
            (b"abc\x01\x02", "binary"),
            (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "text"),
            (b"", "empty"),
            (b"\r\n \r\n", "empty"),
            (b"x" * (LARGEST_FILE + 1), "at most 1,000,000"),
        ],
        ids=["workbook", "pdf", "no encoding", "binary", "picture", "empty", "blank", "too large"],
    )
    def test_what_is_no_table_is_refused_with_what_to_do(self, content: bytes, words: str) -> None:
        with pytest.raises(UnreadableTable, match=words):
            read_name_file(SYSTEM, "customers.csv", content)


class TestColumn:
    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    def test_is_found_by_what_it_holds(self, places: list[Organization], separator: str) -> None:
        rows = [["id", "domain"], ["7", places[0].default_domain], ["8", places[1].default_domain]]
        read = read_name_file(SYSTEM, "x.csv", "\n".join(separator.join(row) for row in rows).encode())
        assert "column “domain”, 2 rows" in read.note
        assert read_name_list(SYSTEM, read.text).organizations == places

    def test_a_list_without_heading_loses_no_line(self, places: list[Organization]) -> None:
        text = "\n".join(str(place.tenant_id) for place in places)
        assert read_name_list(SYSTEM, read_name_file(SYSTEM, "x.csv", text.encode()).text).organizations == places

    def test_lines_keep_their_numbers(self, places: list[Organization]) -> None:
        read = read_name_file(SYSTEM, "x.csv", SHEET.encode())
        assert "1 empty lines" in read.note
        [unknown] = read_name_list(SYSTEM, read.text).unclear
        assert (unknown.line, unknown.text) == (5, "nobody.example")

    def test_without_any_organization_is_refused_and_shows_the_first_row(self, places: list[Organization]) -> None:
        with pytest.raises(UnreadableTable, match="“colour”, “size”"):
            read_name_file(SYSTEM, "x.csv", b"colour,size\nred,7\n")


class TestStrangeTables:
    def test_a_cell_longer_than_csv_allows(self, places: list[Organization]) -> None:
        with pytest.raises(UnreadableTable, match="cannot be read as CSV"):
            read_name_file(SYSTEM, "long.csv", b"x" * 200_000)

    def test_more_columns_than_any_sheet_has(self, places: list[Organization]) -> None:
        with pytest.raises(UnreadableTable, match=r"Line 2 has 100,001 cells; at most 500"):
            read_name_file(SYSTEM, "wide.csv", b"a,b\n" + b"," * 100_000 + b"contoso.example\n")
