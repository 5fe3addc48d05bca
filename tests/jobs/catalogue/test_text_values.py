from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.catalogue.cmdlets import all_cmdlets, find
from jobs.catalogue.kinds import Kind
from jobs.catalogue.problems import BadValue
from jobs.catalogue.text_values import format_value, parse_text, typed_text
from jobs.catalogue.values import typed_value
from tests.jobs.catalogue.samples import sample_value


@pytest.mark.parametrize(
    ("cmdlet", "parameter", "text", "value"),
    [
        ("Get-Mailbox", "ResultSize", "10", 10),
        ("Get-Mailbox", "ResultSize", "unlimited", "Unlimited"),
        ("Get-Mailbox", "Archive", "$true", True),
        ("Get-Mailbox", "RecipientTypeDetails", "UserMailbox, sharedmailbox", ["UserMailbox", "SharedMailbox"]),
        ("Set-Mailbox", "HiddenFromAddressListsEnabled", "$false", False),
        ("Set-Mailbox", "DisplayName", "'O''Brien'", "O'Brien"),
        ("Set-Mailbox", "DisplayName", "O'Brien", "O'Brien"),
        ("Set-Mailbox", "ForwardingAddress", "$null", None),
        ("Set-Mailbox", "EmailAddresses", "@{Add='a','b'; Remove='c'}", {"Add": ["a", "b"], "Remove": ["c"]}),
        ("Set-Mailbox", "EmailAddresses", "+a\n+b\n-c", {"Add": ["a", "b"], "Remove": ["c"]}),
        ("Set-Mailbox", "EmailAddresses", "SMTP:a@b.c\nsmtp:d@b.c\n", ["SMTP:a@b.c", "smtp:d@b.c"]),
        ("Set-Mailbox", "EmailAddresses", "'a,b','c'", ["a,b", "c"]),
        ("Get-MessageTraceV2", "StartDate", "2026-01-31 10:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("Set-Label", "AdvancedSettings", "@{Color='#fff'; Depth=2}", {"Color": "#fff", "Depth": 2}),
    ],
)
def test_parses(cmdlet: str, parameter: str, text: str, value: object) -> None:
    assert parse_text(find(cmdlet).parameters[parameter], text) == value


@pytest.mark.parametrize(
    ("cmdlet", "parameter", "text"),
    [
        ("Get-Mailbox", "ResultSize", "ten"),
        ("Set-Mailbox", "HiddenFromAddressListsEnabled", "maybe"),
        ("Set-Mailbox", "EmailAddresses", "@{Add='a'"),
        ("Set-Mailbox", "EmailAddresses", "@{Add=$addresses}"),
        ("Set-Label", "AdvancedSettings", "x"),
        ("New-Mailbox", "Password", "x" * 246),
    ],
)
def test_refuses_with_a_sentence(cmdlet: str, parameter: str, text: str) -> None:
    with pytest.raises(ValueError, match=rf"^{parameter} .+\.$"):
        parse_text(find(cmdlet).parameters[parameter], text)


def test_a_list_is_a_list_of_elements() -> None:
    assert parse_text(find("Set-Mailbox").parameters["EmailAddresses"], ["a,b", "c"]) == ["a,b", "c"]


def test_every_parameter_reads_back_what_it_shows() -> None:
    checked = 0
    for cmdlet in all_cmdlets():
        for parameter in cmdlet.parameters.values():
            if parameter.secret or parameter.kind in (Kind.STREAM, Kind.OTHER):
                continue
            value = typed_value(parameter, sample_value(parameter), reading=False, required=False)
            assert parse_text(parameter, format_value(parameter, value)) == value, (cmdlet.name, parameter.name)
            assert parse_text(parameter, typed_text(parameter, value)) == value, (cmdlet.name, parameter.name)
            checked += 1
    assert checked > 10000


@settings(max_examples=300, deadline=None, print_blob=True)
@given(
    text=st.text(max_size=30),
    items=st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=4),
    name=st.sampled_from(["DisplayName", "EmailAddresses", "CustomAttribute1", "GrantSendOnBehalfTo"]),
)
def test_any_text_reads_back(text: str, items: list[str], name: str) -> None:
    parameter = find("Set-Mailbox").parameters[name]
    for candidate in (text, items, {"Add": items}):
        try:
            value = typed_value(parameter, candidate, reading=False, required=False)
        except BadValue:
            continue
        assert parse_text(parameter, format_value(parameter, value)) == value
        assert parse_text(parameter, typed_text(parameter, value)) == value


@settings(max_examples=200, deadline=None, print_blob=True)
@given(text=st.text(max_size=40), name=st.sampled_from(sorted(find("Set-Mailbox").parameters)))
def test_raises_only_value_errors(text: str, name: str) -> None:
    with suppress(ValueError):
        parse_text(find("Set-Mailbox").parameters[name], text)
