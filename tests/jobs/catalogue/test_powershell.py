import re

import tree_sitter_powershell
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from jobs.catalogue.cmdlets import all_cmdlets
from jobs.catalogue.literals import parse_literal
from jobs.catalogue.powershell import literal, powershell_line
from jobs.catalogue.problems import InvalidCall
from jobs.catalogue.validation import validate
from portal.core.powershell_text import quoted
from tests.jobs.catalogue.samples import minimal_call

PARSER = Parser(Language(tree_sitter_powershell.language()))


def parse(text: str) -> Node:
    return PARSER.parse(text.encode()).root_node


def test_exact_line() -> None:
    call = validate(
        "Set-Mailbox",
        {
            "Identity": "O\u2019Brien & 'co'",
            "EmailAddresses": {"Add": ["a", "b"]},
            "HiddenFromAddressListsEnabled": True,
            "ForwardingAddress": None,
            "Force": False,
        },
    )
    assert powershell_line(call) == (
        "Set-Mailbox -Identity 'O\u2019\u2019Brien & ''co''' -EmailAddresses @{'Add' = @('a', 'b')} "
        "-HiddenFromAddressListsEnabled $true -ForwardingAddress $null -Force:$false -Confirm:$false"
    )


def test_dates_and_bytes() -> None:
    trace = validate("Get-MessageTraceV2", {"StartDate": "2026-01-31"})
    assert powershell_line(trace) == "Get-MessageTraceV2 -StartDate '2026-01-31T00:00:00Z'"
    assert literal(b"\x00\x01\x02") == "([Convert]::FromBase64String('AAEC'))"


def test_every_cmdlets_line_parses() -> None:
    lines = []
    for cmdlet in all_cmdlets():
        try:
            lines.append(powershell_line(minimal_call(cmdlet)))
        except InvalidCall:
            continue
    # The grammar does not know a digit in a parameter's name (-RecipientId1), which PowerShell allows.
    wrong = [line for line in lines if parse(re.sub(r" (-[A-Za-z]+)\d+", r" \1", line)).has_error]
    print(f"{len(lines)} lines, {len(wrong)} with errors")
    assert len(lines) > 850
    assert wrong == []


_text = st.text(
    st.sampled_from("a'\u2018\u2019\u201a\u201b\"\u201c\u201d`$(){};|&\n #-é@,") | st.characters(codec="utf-8")
)


@settings(max_examples=300, deadline=None, print_blob=True)
@given(text=_text)
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    written = quoted(text)
    # The rule of PowerShell's tokenizer: inside, any two of its single quotes are one, a single one ends the text.
    assert parse_literal(written) == text
    inner = written[1:-1]
    run = 0
    for character in [*inner, "x"]:
        if character in "'\u2018\u2019\u201a\u201b":
            run += 1
            continue
        assert run % 2 == 0
        run = 0


@settings(max_examples=300, deadline=None, print_blob=True)
@given(text=st.text(st.sampled_from("a'\"`$(){};|&\n #-@,") | st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_quoted_text_is_one_argument_of_one_command(text: str) -> None:
    if any(quote in text for quote in "\u2018\u2019\u201a\u201b"):
        return  # the grammar knows only the straight quote
    source = f"Set-Mailbox -Identity {quoted(text)} -Archive"
    found = [node.text for node in _descendants(parse(source)) if node.type == "verbatim_string_characters"]
    assert found == [quoted(text).encode()]
    assert sum(node.type == "command" for node in _descendants(parse(source))) == 1


def _descendants(node: Node) -> list[Node]:
    return [node, *(inner for child in node.children for inner in _descendants(child))]


_key = st.text("abcXYZ '-", min_size=1, max_size=5)


def _flat(items: list[object]) -> list[object]:
    """PowerShell's @() flattens what it holds."""
    return [item for item in items if not isinstance(item, list)]


def _tables(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(st.tuples(_key, inner), max_size=3, unique_by=lambda pair: pair[0].lower()).map(dict)


_values: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | _text,
    lambda inner: st.lists(inner, max_size=3).map(_flat) | _tables(inner),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(value=_values)
def test_literals_read_back(value: object) -> None:
    assert parse_literal(literal(value)) == value


class TestOrganizationVariables:
    def test_are_variables_of_powershell(self) -> None:
        call = validate(
            "Set-Mailbox",
            {
                "Identity": "{default_domain}",
                "EmailAddresses": {"Add": ["a@{default_domain}"]},
                "DisplayName": 'costs $5 `in "{name}"',
            },
        )
        assert powershell_line(call) == (
            "Set-Mailbox -Identity $default_domain -EmailAddresses @{'Add' = @(\"a@${default_domain}\")} "
            '-DisplayName "costs `$5 ``in `"${name}`"" -Confirm:$false'
        )
        assert not parse(powershell_line(call)).has_error

    def test_keep_their_quotes_inside_the_quotes_of_a_filter(self) -> None:
        call = validate("Get-Recipient", {"Filter": "Company -eq '{name}'"})
        assert powershell_line(call) == """Get-Recipient -Filter "Company -eq '$($name.Replace("'", "''"))'\""""

    def test_those_that_people_set_are_written_alike_and_never_as_what_powershell_keeps_for_itself(self) -> None:
        call = validate(
            "Set-Mailbox", {"Identity": "{helpdesk}", "DisplayName": "{host}, {{word}}"}, variables=["helpdesk", "host"]
        )
        assert powershell_line(call) == (
            'Set-Mailbox -Identity $helpdesk -DisplayName "${host_}, {word}" -Confirm:$false'
        )
