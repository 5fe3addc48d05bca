import re

import pytest

from jobs.catalogue.cmdlets import all_cmdlets
from jobs.catalogue.problems import BadValue, InvalidCall, Problem
from jobs.catalogue.validation import validate
from jobs.catalogue.values import typed_value
from jobs.management.commands.run_cmdlet import _sentence


def refusal(cmdlet: str, **parameters: object) -> Problem:
    with pytest.raises(InvalidCall) as caught:
        validate(cmdlet, parameters)
    assert len(caught.value.problems) == 1, caught.value.problems
    return caught.value.problems[0]


def test_every_suggestion_is_a_sentence() -> None:
    suggestions = set()
    for parameter in (p for cmdlet in all_cmdlets() for p in cmdlet.parameters.values()):
        near = [word[:-1] for word in parameter.enum_values[:1]]
        for value in ("ten", "true", "$false", 10**30, 1.5, {}, {"a": "b"}, "12:99", "a b", *near):
            try:
                typed_value(parameter, value, reading=False, required=False)
            except BadValue as bad:
                suggestions.add(bad.suggestion)
    told = sorted(suggestions - {None}, key=str)
    print(f"{len(told)} suggestions, for instance {told[:5]}")
    assert len(told) > 10
    assert [s for s in told if not re.fullmatch(r"[A-Z]\S* .+[.?]", str(s))] == []


def test_a_result_size_that_is_no_number_has_a_clear_sentence() -> None:
    assert _sentence(refusal("Get-Mailbox", ResultSize="ten")) == (
        "ResultSize must be a whole number or Unlimited, not text. For instance Unlimited."
    )


@pytest.mark.parametrize("size", [2**32, 99999999999999, "99999999999999", -1, 10**25, str(10**25)])
def test_a_result_size_is_an_unsigned_number_of_32_bits(size: object) -> None:
    found = refusal("Get-Mailbox", ResultSize=size)
    assert found.problem == "ResultSize must be a whole number or Unlimited, from 0 to 4294967295."


def test_the_largest_result_size_and_large_sizes_are_accepted() -> None:
    assert validate("Get-Mailbox", {"ResultSize": 2**32 - 1}).parameters["ResultSize"] == 2**32 - 1
    validate("Set-Mailbox", {"Identity": "a", "MaxSendSize": 2**33, "ProhibitSendQuota": 2**40})
    assert refusal("Set-Mailbox", Identity="a", RecipientLimits=2**32).parameter == "RecipientLimits"


def test_the_command_line_names_a_parameter_once() -> None:
    assert _sentence(Problem("Identity", "Identity must not be empty.")) == "Identity must not be empty."
    assert _sentence(Problem("Identity", "The value is missing.", "Give it.")) == (
        "Identity: The value is missing. Give it."
    )
    assert _sentence(Problem(None, "The call names no cmdlet.")) == "The call names no cmdlet."


@pytest.mark.parametrize(
    ("cmdlet", "start", "end"),
    [
        ("Get-MessageTraceV2", "StartDate", "EndDate"),
        ("Search-UnifiedAuditLog", "StartDate", "EndDate"),
        ("Get-QuarantineMessage", "StartReceivedDate", "EndReceivedDate"),
        ("Get-QuarantineMessage", "StartExpiresDate", "EndExpiresDate"),
    ],
)
def test_a_period_does_not_end_before_it_begins(cmdlet: str, start: str, end: str) -> None:
    found = refusal(cmdlet, **{end: "2026-01-30T10:00:00+02:00", start: "1/31/2026"})
    assert found.parameter == end
    assert found.problem == f"{end} (2026-01-30T08:00:00Z) is before {start} (2026-01-31T00:00:00Z)."
    assert validate(cmdlet, {start: "2026-01-31", end: "2026-01-31"}).parameters[start]


def test_a_text_that_is_not_listed_is_accepted_with_the_nearest_that_is() -> None:
    call = validate("Set-Mailbox", {"Identity": "a", "AuditOwner": ["MoveToDeletedItem"]})
    listed = [warning for warning in call.warnings if "does not list" in warning]
    assert len(listed) == 1
    assert "'MoveToDeletedItem'" in listed[0]
    assert listed[0].endswith("The nearest is MoveToDeletedItems.")
