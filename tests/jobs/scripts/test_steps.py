"""A straight sequence of cmdlets becomes steps; of everything else it is said why not."""

import pytest

from jobs.scripts.inspection import inspect
from jobs.scripts.steps import Draft, StepInput, draft_of
from tests.jobs.scripts.samples import report_of


def drafted(text: str) -> Draft:
    return draft_of(inspect(text))


def test_a_straight_sequence() -> None:
    first, second, third, fourth = draft_of(report_of("straight_sequence")).steps
    assert [step.cmdlet.name for step in (first, second, third, fourth)] == [
        *("Get-Mailbox", "Set-Mailbox", "Add-MailboxPermission", "Get-MailboxPermission")
    ]
    assert first.columns == ["DisplayName", "ForwardingSmtpAddress"]
    assert first.inputs == [StepInput("Identity", "Mailbox", "MailboxIdParameter")]
    assert second.texts == {"DeliverToMailboxAndForward": "yes", "IssueWarningQuota": "49GB"}
    assert {(wanted.parameter, wanted.variable, wanted.default) for wanted in second.inputs} == {
        ("Identity", "Mailbox", ""),
        ("ForwardingSmtpAddress", "ForwardTo", "desk@fabrikam.example"),
    }
    assert third.texts["WhatIf"] == "yes"
    assert [remark.split()[0] for remark in fourth.remarks] == ["Where-Object", "Export-Csv"]


def test_what_is_left_out_says_why() -> None:
    draft = draft_of(report_of("loops"))
    assert [(step.line, step.cmdlet.name) for step in draft.steps] == [
        (2, "Get-Mailbox"),
        (8, "Get-Mailbox"),
        (9, "Get-Mailbox"),
    ]
    assert [(left.line, left.what, left.why) for left in draft.left_out] == [
        (4, "Set-Mailbox", "it stands in a loop, and a step runs once in every organization"),
        (6, "Set-OrganizationConfig", "it depends on a condition"),
        (7, "Set-CASMailbox", "it stands in the function reset-one"),
        (
            8,
            "Set-Mailbox",
            "it takes every object that Get-Mailbox hands to it, and a step runs once in every organization",
        ),
        (9, "Get-User", "its answer is used inside another expression"),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("switch ($x) { 1 { Get-Mailbox } }", "depends on a condition"),
        ("while ($x) { Get-Mailbox }", "in a loop"),
        ("1..3 | % { Get-Mailbox }", "in a loop"),
        ("$x | Get-Mailbox", "takes every object that an expression hands to it"),
        ("try { 1 } catch { Get-Mailbox }", "only after an error"),
        ("Start-Job { Get-Mailbox }", "handed to start-job"),
        ("if (Get-Mailbox) { 1 }", "used inside another expression"),
        ("Switch ($x) { 1 { Get-Mailbox a } default { 'none' } }", "could not be read for certain"),
    ],
)
def test_why_not(line: str, why: str) -> None:
    draft = drafted(line)
    assert not draft.steps
    assert why in draft.left_out[0].why


@pytest.mark.parametrize("line", ["try { Get-Mailbox a } finally { 1 }", "$x = Get-Mailbox a", "& { Get-Mailbox a }"])
def test_straight_all_the_same(line: str) -> None:
    assert [step.cmdlet.name for step in drafted(line).steps] == ["Get-Mailbox"]


def test_a_secret_is_neither_a_constant_nor_an_input_with_a_value() -> None:
    (step,) = drafted(
        "New-Mailbox -Name x -MicrosoftOnlineServicesID x@y.example "
        "-Password (ConvertTo-SecureString 'Winter2024!' -AsPlainText -Force)"
    ).steps
    assert "Winter" not in str(step)
    assert [wanted.parameter for wanted in step.inputs] == ["Password"]
    assert "was not kept" in " ".join(step.remarks)


def test_a_constant_that_is_a_password_by_its_name_is_no_constant() -> None:
    (step,) = drafted("$password = 'Winter2024!'\nSet-Mailbox anna -CustomAttribute1 $password").steps
    assert "Winter" not in str(step)
    assert [wanted.parameter for wanted in step.inputs] == ["CustomAttribute1"]


def test_columns_that_are_computed_are_said_to_be_lost() -> None:
    (step,) = drafted("Get-Mailbox a | Select-Object Name, @{n='Size'; e={$_.Size}} -First 3").steps
    assert step.columns[0] == "Name"
    assert "Select-Object -First is not carried over: every object is kept." in step.remarks
    assert "A column that Select-Object computes is not carried over." in step.remarks


@pytest.mark.parametrize("select", ["-First 10 Name", "Name -First 10", "-Property Name", "-Prop Name", "'Name'"])
def test_columns_stand_anywhere(select: str) -> None:
    (step,) = drafted(f"Get-Mailbox a | select {select}").steps
    assert step.columns == ["Name"]


def test_the_blocks_of_a_script_are_no_script_blocks_of_somebody() -> None:
    draft = drafted("param($x)\nbegin { Get-Mailbox a }\nprocess { Get-User a }\nend { Get-Group a }")
    assert [step.cmdlet.name for step in draft.steps] == ["Get-Mailbox", "Get-User", "Get-Group"]


def test_no_more_steps_than_a_job_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.scripts.steps.MOST_STEPS", 2)
    draft = drafted("Get-Mailbox a\n" * 3)
    assert (len(draft.steps), draft.left_out[0].why) == (2, "a job has at most 2 steps")
