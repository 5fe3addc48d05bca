"""Pasted lists of organizations: nothing of them is dropped in silence."""

from typing import Any

import pytest
from django.utils import timezone

from tenants.organizations.models import Organization
from tenants.organizations.name_lists import (
    LONGEST_LIST,
    ListTooLong,
    Outcome,
    read_name_list,
    rewritten,
    without_entries,
)
from tests.factories import SYSTEM, make_organizations

pytestmark = pytest.mark.django_db


@pytest.fixture
def contoso() -> Organization:
    facts: dict[str, Any] = {"default_domain": "contoso.com", "initial_domain": "contoso.onmicrosoft.com"}
    return make_organizations(1, name="Contoso, Ltd", **facts)[0]


@pytest.fixture
def fabrikam() -> Organization:
    facts: dict[str, Any] = {"default_domain": "fabrikam.example", "initial_domain": "fabrikam.onmicrosoft.com"}
    return make_organizations(1, name="Fabrikam فابريكام 🏔", **facts)[0]


class TestWhatNamesAnOrganization:
    @pytest.mark.parametrize(
        "text",
        [
            "contoso.com",
            "  CONTOSO.com. ",
            "contoso.onmicrosoft.com",
            "jo@contoso.com",
            "“jo@contoso.com”",
            "https://contoso.com/",
            "Contoso, Ltd",
            "contoso, ltd",
        ],
    )
    def test_domain_address_and_name(self, contoso: Organization, text: str) -> None:
        assert read_name_list(SYSTEM, text).organizations == [contoso]

    def test_tenant_id_with_and_without_dashes(self, contoso: Organization) -> None:
        for text in (str(contoso.tenant_id), contoso.tenant_id.hex.upper(), f"{{{contoso.tenant_id}}}".strip("{}")):
            assert read_name_list(SYSTEM, text).organizations == [contoso]

    @pytest.mark.parametrize("separator", ["\n", "\r\n", ",", ", ", ";", "\t", " ", " | "])
    def test_any_separator(self, contoso: Organization, fabrikam: Organization, separator: str) -> None:
        named = read_name_list(SYSTEM, f"jo@contoso.com{separator}fabrikam.example")
        assert named.organizations == [contoso, fabrikam]
        assert named.unclear == []

    def test_a_name_of_several_words_is_one_entry(self, fabrikam: Organization) -> None:
        assert read_name_list(SYSTEM, "fabrikam  فابريكام 🏔".replace("  ", " ")).organizations == [fabrikam]


class TestWhatIsSaid:
    def test_unknown_ones_with_their_line_and_the_nearest(self, contoso: Organization) -> None:
        named = read_name_list(SYSTEM, "\ncontoso.com\n\ncontso.com")
        [unknown] = named.unclear
        assert (unknown.line, unknown.text, unknown.outcome) == (4, "contso.com", Outcome.UNKNOWN)
        assert unknown.suggestions == ("contoso.com",)

    def test_repeated_ones_count_once(self, contoso: Organization) -> None:
        named = read_name_list(SYSTEM, f"contoso.com\njo@contoso.com\n{contoso.tenant_id}")
        assert named.organizations == [contoso]
        assert [entry.line for entry in named.repeated] == [2, 3]

    def test_ambiguous_ones_with_all_that_are_meant(self) -> None:
        twins = make_organizations(2, name="Twin")
        [entry] = read_name_list(SYSTEM, "twin").unclear
        assert (entry.outcome, set(entry.suggestions)) == (Outcome.AMBIGUOUS, {o.default_domain for o in twins})

    def test_one_that_vanished(self, contoso: Organization) -> None:
        Organization.objects.filter(pk=contoso.pk).update(vanished_at=timezone.now())
        [entry] = read_name_list(SYSTEM, "contoso.com").unclear
        assert entry.outcome == Outcome.VANISHED

    def test_a_served_one_is_meant_before_one_that_vanished(self, contoso: Organization) -> None:
        gone = make_organizations(1, name=contoso.name, vanished_at=timezone.now())[0]
        assert read_name_list(SYSTEM, gone.name).organizations == [contoso]

    def test_lines_that_begin_with_a_hash_are_left_alone(self, contoso: Organization) -> None:
        assert read_name_list(SYSTEM, "# gold customers\ncontoso.com").unclear == []

    def test_a_megabyte_is_refused_with_its_size(self) -> None:
        with pytest.raises(ListTooLong, match=r"1,048,576 characters; at most 200,000"):
            read_name_list(SYSTEM, "x" * 2**20)

    def test_the_longest_list_is_read(self, contoso: Organization) -> None:
        text = "contoso.com\n" * (LONGEST_LIST // 12)
        assert read_name_list(SYSTEM, text).organizations == [contoso]


class TestRewriting:
    def test_mends_one_entry_and_no_other(self) -> None:
        [unknown, *_] = read_name_list(SYSTEM, "a.example, aa.example\na.example").unclear
        assert rewritten("a.example, aa.example\na.example", unknown, "b.example") == (
            "b.example, aa.example\na.example"
        )

    def test_taking_out_keeps_the_lines(self) -> None:
        entries = read_name_list(SYSTEM, "x.example\ny.example").unclear
        assert without_entries("x.example\ny.example", entries[:1]) == "\ny.example"

    def test_taking_out_leaves_names_alone_that_hold_an_entry_as_a_word(self) -> None:
        make_organizations(1, name="Contoso Ltd")
        text = "Ltd, Contoso Ltd\nx.example y.example; nobody here"
        assert without_entries(text, read_name_list(SYSTEM, text).unclear) == ", Contoso Ltd\n ;"

    def test_the_longest_list_of_strangers_is_taken_out_at_once(self) -> None:
        text = "a," * (LONGEST_LIST // 2)
        assert without_entries(text, read_name_list(SYSTEM, text).unclear).strip(",") == ""
