"""What a script does to Exchange Online is found without running it."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.catalogue.powershell_commands import parser
from jobs.scripts import inspection
from jobs.scripts.inspection import inspect
from jobs.scripts.signatures import read_command, signature
from jobs.scripts.verdict import verdict
from tests.jobs.scripts.samples import EXPECTED, FOLDER, report_of

SAMPLES = sorted(path.stem for path in FOLDER.glob("*.ps1"))


def test_every_sample_says_what_is_expected_of_it() -> None:
    assert sorted(EXPECTED) == SAMPLES
    assert len(SAMPLES) >= 40


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name: str) -> None:
    report, expected = report_of(name), EXPECTED[name]
    assert [c.as_json() for c in report.connections] == [asdict(c) for c in expected.connections]
    assert (report.disconnects, report.disconnects_on_every_path) == (expected.disconnects, expected.on_every_path)
    assert {legacy.line: legacy.what for legacy in report.legacy} == expected.legacy
    assert tuple(report.uncertain_lines) == expected.uncertain


@pytest.mark.parametrize("name", SAMPLES)
def test_every_modern_line_is_whole_and_names_only_parameters_that_exist(name: str) -> None:
    for legacy in report_of(name).legacy:
        tree = parser().parse(legacy.modern.encode())
        command = read_command(legacy.modern)
        known = signature(command.name.lower()) if command else None
        assert not tree.root_node.has_error
        assert command
        assert known
        named = {argument.name for argument in command.arguments if argument.name}
        assert named
        assert named <= set(known.parameters) | {"Confirm"}
        assert legacy.why.endswith(".")


@pytest.mark.parametrize(
    ("name", "service", "environment", "expected"),
    [
        (
            "https://ps.compliance.protection.office365.us/powershell-liveid/",
            "scc",
            "O365USGovGCCHigh",
            "-ConnectionUri",
        ),
        ("https://outlook.office365.us/powershell-liveID", "exo", "O365USGovGCCHigh", "-ExchangeEnvironmentName"),
    ],
)
def test_the_modern_line_goes_to_the_same_cloud(name: str, service: str, environment: str, expected: str) -> None:
    report = inspect(f"$s = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri {name} -Credential $c")
    assert (report.connections[0].service, report.connections[0].environment) == (service, environment)
    assert expected in report.legacy[0].modern


@pytest.mark.parametrize(
    ("line", "cmdlet", "parameters"),
    [
        ("Get-Mailbox -Identity anna -ResultSize 5", "Get-Mailbox", {"Identity": "anna", "ResultSize": "5"}),
        ("get-mailbox anna", "Get-Mailbox", {"Identity": "anna"}),
        ("Set-Mailbox anna -CustomAttribute1 x", "Set-Mailbox", {"Identity": "anna", "CustomAttribute1": "x"}),
        ("Set-Mailbox $who -AuditEnabled:$true", "Set-Mailbox", {"Identity": "<variable>", "AuditEnabled": True}),
        ("$x | Get-Mailbox 2>$null", "Get-Mailbox", {}),
        ("Get-Mailbox *> log.txt", "Get-Mailbox", {}),
        ("$n = @(Get-Mailbox -Anr a).Count", "Get-Mailbox", {"Anr": "a"}),
        ('"a $(Get-Mailbox -Anr a) b"', "Get-Mailbox", {"Anr": "a"}),
        ("if (Get-Mailbox a) { 'x' }", "Get-Mailbox", {"Identity": "a"}),
        ("Invoke-Command { Get-Mailbox a }", "Get-Mailbox", {"Identity": "a"}),
        ("Get-Mailbox `\n  -Identity a `\n  -Archive", "Get-Mailbox", {"Identity": "a", "Archive": True}),
    ],
)
def test_cmdlet_with_its_parameters(line: str, cmdlet: str, parameters: dict[str, object]) -> None:
    (found,) = inspect(line).cmdlets
    assert (found.name, found.parameters, found.problems) == (cmdlet, parameters, ())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (2, "Did you mean AuditEnabled?"),
        (4, "no parameter named `-UseRusServer`"),
        (5, "requires Name"),
        (6, "given twice"),
        (7, "must be true or false"),
        (8, "cannot be used together"),
    ],
)
def test_problem_of_a_cmdlet(line: int, problem: str) -> None:
    (found,) = [cmdlet for cmdlet in report_of("faulty_cmdlets").cmdlets if cmdlet.line == line]
    assert problem in " ".join(found.problems)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Get-Mailbox -R x", "may mean"),
        ("Set-Mailbox a -Database db1", "available only in on-premises Exchange"),
        ("Get-MessageTrace -SenderAddress a@b.example", "Use Get-MessageTraceV2"),
    ],
)
def test_problem_of_a_line(line: str, problem: str) -> None:
    (found,) = inspect(line).cmdlets
    assert problem in " ".join(found.problems)


def test_an_unknown_table_of_parameters_is_no_missing_parameter() -> None:
    assert inspect("New-TransportRule @rule").cmdlets[0].problems == ()


def test_the_pipeline_fills_one_parameter_of_those_that_it_may() -> None:
    report = inspect("Get-Mailbox -Anr a | Get-MailboxStatistics")
    assert report.cmdlets[1].problems == ()


def test_what_is_piped_in_counts_as_given() -> None:
    report = inspect("Get-Mailbox -Anr a | Set-CASMailbox -PopEnabled $false")
    assert [cmdlet.problems for cmdlet in report.cmdlets] == [(), ()]
    assert report.cmdlets[1].notes == ("It takes what is piped into it.",)


def test_a_function_of_the_script_hides_the_cmdlet_of_its_name() -> None:
    assert inspect("function Get-Mailbox { 'mine' }\nGet-Mailbox -Whatever 1").cmdlets == []


def test_a_command_in_a_constant_variable_is_that_command() -> None:
    report = inspect("$c = 'Connect-ExchangeOnline'\n& $c -Device\n& $cmdlet -Device\n$d = $c\n. ${d} -ManagedIdentity")
    assert [(each.line, each.method) for each in report.connections] == [(2, "device"), (5, "managed_identity_system")]


def test_a_prefix_of_the_connection_is_taken_off() -> None:
    report = inspect("Connect-ExchangeOnline -Prefix Cloud\nGet-CloudMailbox anna")
    assert [cmdlet.name for cmdlet in report.cmdlets] == ["Get-Mailbox"]


def test_no_secret_is_shown_or_handed_on() -> None:
    report = report_of("secrets")
    everything = json.dumps(report.as_json("x")) + report.text + " ".join([*report.notes, *verdict(report)])
    for secret in ("Sommer", "DEF.ghi", "top-secret", "Winter", "hidden-in", "plainword", "Fruehling"):
        assert secret not in everything
    assert report.secret_lines == [1, 2, 3, 4, 5, 6, 7]
    assert "kept" in report.text
    assert len(report.text) == len((FOLDER / "secrets.ps1").read_text())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("legacy_oauth", "with a token in the place of a password (legacy), and never disconnects: 57 %"),
        ("certificate_thumbprint", "disconnects on every path"),
        ("finally_too_late", "not on every path"),
        ("comments_and_strings", "makes no connection"),
        ("broken", "lines 2, 3, 4 and 5 could not be read for certain"),
        ("secrets", "lines 1, 2, 3, 4, 5, 6 and 7"),
    ],
)
def test_verdict(name: str, sentence: str) -> None:
    assert sentence.lower() in " ".join(verdict(report_of(name))).lower()


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("elsewhere", "Start-Job runs its commands in another process"),
        ("on_premises", "not to Exchange Online"),
    ],
)
def test_note(name: str, note: str) -> None:
    assert note in " ".join(report_of(name).notes)


@pytest.mark.parametrize(
    "closing",
    [
        "try { Get-Mailbox } finally { return; Disconnect-ExchangeOnline }",
        "try { Get-Mailbox } finally { if ($Verbose) { Disconnect-ExchangeOnline } }",
        "try { Get-Mailbox } catch { Disconnect-ExchangeOnline }",
        "Get-Mailbox\nDisconnect-ExchangeOnline",
        "if ($x) { exit }\ntry { Get-Mailbox } finally { Disconnect-ExchangeOnline }",
        "$x.Run()\ntry { Get-Mailbox } finally { Disconnect-ExchangeOnline }",
        "try { Get-Mailbox } finally { 'done' }\nDisconnect-ExchangeOnline",
        "function Close-It { if ($x) { Disconnect-ExchangeOnline } }\ntry { 1 } finally { Close-It }",
    ],
)
def test_not_closed_on_every_path(closing: str) -> None:
    report = inspect(f"Connect-ExchangeOnline -Device\n{closing}")
    assert (report.disconnects, report.disconnects_on_every_path) == (True, False)


@pytest.mark.parametrize(
    "script",
    [
        "try { Connect-ExchangeOnline } finally { Disconnect-ExchangeOnline -Confirm:$false }",
        "Connect-ExchangeOnline\ntry { Get-Mailbox } catch { throw } finally { Disconnect-ExchangeOnline }",
        "Connect-ExchangeOnline\n$n = 1\ntry { Get-Mailbox } finally { Disconnect-ExchangeOnline }",
        "try { Connect-ExchangeOnline } catch { exit }\ntry { 1 } finally { Disconnect-ExchangeOnline }",
        "if (-not $c) { Connect-ExchangeOnline }\ntry { 1 } finally { Disconnect-ExchangeOnline }",
        "try { foreach ($o in $all) { Connect-ExchangeOnline } } finally { Disconnect-ExchangeOnline }",
        "try { Connect-ExchangeOnline } finally { try { Disconnect-ExchangeOnline } catch { } }",
        "try { Connect-ExchangeOnline; exit 3 } finally { Disconnect-ExchangeOnline }",
        (
            "$s = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri https://ps.outlook.com/\n"
            "try { Import-PSSession $s } finally { if ($session) { Remove-PSSession $s } }"
        ),
    ],
)
def test_closed_on_every_path(script: str) -> None:
    assert inspect(script).disconnects_on_every_path


def test_a_connection_of_a_job_is_not_closed_by_the_script_around_it() -> None:
    report = inspect("try { Start-Job { Connect-ExchangeOnline } } finally { Disconnect-ExchangeOnline }")
    assert not report.disconnects_on_every_path


@pytest.mark.parametrize("piece", ["(", "{", "$(", "@{", '"', "a(", "$a.", "x|", "a,", "{Get-Mailbox ", "try {"])
def test_what_nobody_wrote_by_hand_is_read_to_the_end(piece: str) -> None:
    report = inspect(piece * 5_000 + "\nGet-Mailbox anna")
    assert report.source.lines == 2
    assert report.uncertain_lines or piece in ('"', "a,", "x|")


def test_a_script_that_takes_too_long_is_given_up_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.scripts.tree.LONGEST_PARSE", -1.0)
    report = inspect("Connect-ExchangeOnline\n" * 5_000)
    assert report.is_given_up
    assert len(report.uncertain_lines) == 5_001
    assert "took too long" in verdict(report)[0]
    assert report.text == ""


def test_calls_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MOST_CMDLETS", 3)
    report = inspect("Get-Mailbox a\n" * 5)
    assert len(report.cmdlets) == 3
    assert "2 more calls were not checked" in report.notes[-1]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_gets_a_report(text: str) -> None:
    assert verdict(inspect(text))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_any_mutilated_script_gets_a_report(data: st.DataObject) -> None:
    text = (FOLDER / f"{data.draw(st.sampled_from(SAMPLES))}.ps1").read_text()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 30))
        text = (
            text[:at]
            + data.draw(st.sampled_from(["", "{", "}", '"', "'", "(", ")", "@'", "`", "\n", "$", "|", "#"]))
            + text[at + cut :]
        )
    report = inspect(text)
    assert json.dumps(report.as_json("x"))
    assert verdict(report)
    assert all(1 <= line <= report.source.lines for line in report.uncertain_lines)


@pytest.mark.parametrize(
    "line",
    [
        "$body = @{ client_secret = 'Herbst'; refresh_token = 'Herbst' }",
        "$headers = @{ Authorization = 'Bearer Herbst' }",
        "$pass = 'Herbst'",
        "$adminPW = 'Herbst'",
        "$token = 'Herbst'",
        "$text = 'Server=x;Password = Herbst;'",
    ],
)
def test_a_secret_by_a_common_name_is_masked(line: str) -> None:
    assert "Herbst" not in inspect(line).text


def test_what_only_sounds_like_a_secret_stays() -> None:
    assert "Herbst" in inspect("$bypass = 'Herbst'; $passwordPolicy = 'Herbst'; $passThru = 'Herbst'").text
