"""`run_cmdlet` and `stop_run` as a person types them: what they print, and the exit status that a script sees."""

import csv
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from jobs.command_line.output import summary_line
from jobs.dispatch.sweep import sweep
from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState, is_open
from jobs.saved.services import Definition, create_job
from portal.accounts.policy import Role
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, make_app_registration, make_group, make_organizations, make_person, make_run
from tests.live import ROOT, Processes, Sandbox, wait_for

Bring = Callable[..., list[Organization]]
SUMMARY = r"\d+ organizations?: \d+ succeeded, \d+ failed, \d+ errored, \d+ unknown(, \d+ \w+)* in \d+\.\d s"


def command(workers: Processes, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=workers.environment(COLUMNS="200"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command in this process that must be refused; returns what it said on standard error."""
    with pytest.raises(SystemExit) as ended:
        call_command(*arguments)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


@pytest.mark.django_db(transaction=True)
class TestWithWorkers:
    def test_everywhere_with_a_table_and_a_summary(self, workers: Processes, organizations_of: Bring) -> None:
        organizations_of(2)
        done = command(workers, "run_cmdlet", "get-accepteddomain", "--all", "--reason", "Monday", "--ticket", "T-1")
        assert done.returncode == 0, done.stderr
        assert re.search(rf"^{SUMMARY}$", done.stdout, re.MULTILINE)
        assert "2 organizations: 2 succeeded, 0 failed, 0 errored, 0 unknown in " in done.stdout
        run = Run.objects.get()
        assert (run.reason, run.ticket, run.requested_by_id.split(":")[0]) == ("Monday", "T-1", "shell")
        assert AuditEvent.objects.get(action="run.launched").source == "command line"

    def test_in_a_group_and_an_organization_as_json_with_a_report(
        self, workers: Processes, organizations_of: Bring, tmp_path: Path
    ) -> None:
        first, second, _other = organizations_of(3)
        make_group("Gold customers", [first])
        tess = make_person(Role.SENIOR_TECHNICIAN, username="tess")
        places = ["--group", "gold customers", "--organization", second.initial_domain]
        report = tmp_path / "report.json"
        done = command(
            workers,
            *("run_cmdlet", "Get-Mailbox", *places, "-p", "ResultSize=1", "-p", "SoftDeletedMailbox=false"),
            *("--json", "--report", str(report), "--as", "tess"),
        )
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert {line["tenant_id"] for line in lines} == {str(first.tenant_id), str(second.tenant_id)}
        assert all(line["state"] == "succeeded" and len(line["rows"]) == 1 for line in lines)
        assert re.search(SUMMARY, done.stderr)
        run = Run.objects.get()
        assert run.requested_by_id == str(tess.pk)
        assert run.parameters["ResultSize"] == 1
        assert json.loads(report.read_text()) == {
            "run": str(run.pk),
            "state": "succeeded",
            "counts": {"succeeded": 2},
            "open": 0,
        }

    def test_with_failures_as_csv(self, workers: Processes, organizations_of: Bring) -> None:
        organizations_of(1)
        organizations_of(1, trouble="role_missing")
        organizations_of(1, trouble="app_not_consented")
        done = command(workers, "run_cmdlet", "Get-AcceptedDomain", "--all", "--csv")
        assert done.returncode == 1
        lines = list(csv.DictReader(StringIO(done.stdout)))
        assert {line["TargetState"] for line in lines} == {"succeeded", "failed", "errored"}
        assert all(line["DomainName"] for line in lines if line["TargetState"] == "succeeded")
        assert "3 organizations: 1 succeeded, 1 failed, 1 errored, 0 unknown in " in done.stderr
        assert "No Exchange role in organization" in done.stderr, "each cause is named with its fix"

    def test_an_interrupt_leaves_the_run_running_until_it_is_stopped(
        self, workers: Processes, sandbox: Sandbox, organizations_of: Bring, capsys: pytest.CaptureFixture[str]
    ) -> None:
        organizations_of(2)
        sandbox.control("POST", "latency", json={"ms": 2500})
        with subprocess.Popen(
            [sys.executable, "manage.py", "run_cmdlet", "Get-AcceptedDomain", "--all"],
            cwd=ROOT,
            env=workers.environment(COLUMNS="200"),
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            run = wait_for(lambda: Run.objects.filter(state=RunState.RUNNING).first(), what="the run")
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
        assert process.returncode == 130
        assert f"python manage.py stop_run {run.pk}" in said
        run.refresh_from_db()
        assert is_open(run.state)

        call_command("stop_run", str(run.pk))
        assert capsys.readouterr().out == f"Stopping: {run}.\n"
        sandbox.control("POST", "latency", json={"ms": 0})

        def ended() -> bool:
            sweep()
            run.refresh_from_db()
            return not is_open(run.state)

        wait_for(ended, seconds=30, what="the end of the run")
        assert run.state == RunState.CANCELLED


@pytest.mark.django_db
class TestRefusals:
    @pytest.fixture(autouse=True)
    def _organizations(self) -> None:
        make_organizations(2, partner=make_app_registration().partner)

    def test_an_unknown_cmdlet_with_a_suggestion(self, capsys: pytest.CaptureFixture[str]) -> None:
        said = refused(capsys, "run_cmdlet", "Get-Mailbx", "--all")
        assert "Get-Mailbox" in said
        assert said.endswith("Nothing was sent.\n")
        assert not Run.objects.exists()

    def test_every_problem_of_the_parameters(self, capsys: pytest.CaptureFixture[str]) -> None:
        said = refused(capsys, "run_cmdlet", "Get-Mailbox", "--all", "-p", "Identty=x", "-p", "ResultSize=many")
        assert "Identty" in said
        assert "ResultSize must be" in said
        assert "Identity" in said

    def test_a_parameter_that_is_given_twice(self, capsys: pytest.CaptureFixture[str]) -> None:
        said = refused(capsys, "run_cmdlet", "Get-Mailbox", "--all", "-p", "Identity=a", "-p", "Identity=b")
        assert "Identity is given twice" in said

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ([], "No organization is chosen"),
            (["--group", "Silver"], "There is no organization group called “Silver”"),
            (["--organization", "nowhere.example"], "There is no organization “nowhere.example”"),
            (["--organization", ""], "Name the organization"),
            (["--all", "--as", "nobody"], "Nobody can sign in as “nobody”"),
            (["--all", "--thumbprint", "00FF"], "No certificate with the thumbprint 00FF"),
        ],
    )
    def test_places_people_and_certificates_that_are_not_there(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
    ) -> None:
        said = refused(capsys, "run_cmdlet", "Get-AcceptedDomain", *arguments)
        assert sentence in said
        assert said.endswith("Nothing was sent.\n")
        assert not Run.objects.exists()

    def test_somebody_without_the_right(self, capsys: pytest.CaptureFixture[str]) -> None:
        make_person(Role.AUDITOR, username="ada")
        said = refused(capsys, "run_cmdlet", "Get-AcceptedDomain", "--all", "--as", "ada")
        assert "jobs:run:launch" in said

    def test_two_kinds_of_output(self) -> None:
        with pytest.raises(CommandError, match="not allowed with"):
            call_command("run_cmdlet", "Get-AcceptedDomain", "--all", "--json", "--csv")


@pytest.mark.django_db
class TestStopRun:
    def test_stops(self, capsys: pytest.CaptureFixture[str]) -> None:
        make_person(Role.APPROVER, username="omar")
        run = make_run(state=RunState.RUNNING, organizations=2)
        call_command("stop_run", str(run.pk), "--as", "omar")
        run.refresh_from_db()
        assert (run.state, "omar" in run.cancel_requested_by) == (RunState.CANCELLED, True)
        assert capsys.readouterr().out == "Stopping: Get-AcceptedDomain in 2 organizations.\n"

    def test_refuses_what_cannot_be_stopped(self, capsys: pytest.CaptureFixture[str]) -> None:
        make_person(Role.AUDITOR, username="ada")
        unknown, ended, running = str(uuid4()), make_run(), make_run(state=RunState.RUNNING)
        assert refused(capsys, "stop_run", unknown) == f"There is no run {unknown}.\n"
        assert "ended already: succeeded" in refused(capsys, "stop_run", str(ended.pk))
        assert "jobs:run:cancel" in refused(capsys, "stop_run", str(running.pk), "--as", "ada")
        assert "Nobody can sign in as “eve”" in refused(capsys, "stop_run", str(running.pk), "--as", "eve")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("states", "line"),
    [
        (["succeeded"], "1 organization: 1 succeeded, 0 failed, 0 errored, 0 unknown in "),
        (
            ["succeeded", "failed", "errored", "unknown", "skipped", "cancelled"],
            "6 organizations: 1 succeeded, 1 failed, 1 errored, 1 unknown, 1 skipped, 1 cancelled in ",
        ),
    ],
)
def test_the_summary_counts_every_organization(states: list[str], line: str) -> None:
    run = make_run(organizations=len(states), states=[TargetState(state) for state in states])
    assert summary_line(run).startswith(line)
    assert re.fullmatch(SUMMARY, summary_line(run))


@pytest.mark.django_db(transaction=True)
def test_a_saved_job_runs_all_its_steps_and_answers_by_step(workers: Processes, organizations_of: Bring) -> None:
    (place,) = organizations_of(1)
    later = [("Get-AcceptedDomain", "cmdlet=Get-AcceptedDomain")]
    definition = Definition("Get-Mailbox", f"p.ResultSize=1&where=chosen&organization={place.pk}", later)
    create_job(actor=SYSTEM, name="Monday look", description="", shared=True, definition=definition)
    done = command(workers, "run_cmdlet", "--job", "monday look", "--json")
    assert done.returncode == 0, done.stderr
    (line,) = (json.loads(text) for text in done.stdout.splitlines())
    assert [step["step"] for step in line["steps"]] == [1, 2]
    assert all(step["rows"] for step in line["steps"])
    run = Run.objects.get()
    assert (run.job.name if run.job else "", run.step_count) == ("Monday look", 2)


@pytest.mark.django_db
class TestRefusalsOfJobs:
    def test_a_name_that_no_job_has(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "There is no job called “Nothing”." in refused(capsys, "run_cmdlet", "--job", "Nothing")

    @pytest.mark.parametrize("arguments", [[], ["Get-Mailbox", "--job", "x"]])
    def test_neither_or_both_of_cmdlet_and_job(self, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
        assert "Name a cmdlet, or a job with --job; not both." in refused(capsys, "run_cmdlet", *arguments)

    def test_parameters_beside_a_job(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "leave out -p" in refused(capsys, "run_cmdlet", "--job", "x", "-p", "ResultSize=1")
