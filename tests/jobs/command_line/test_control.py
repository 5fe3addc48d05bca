"""Stopping, pausing and resuming from the command line."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command

from jobs.global_stop.selectors import stop_in_force
from jobs.runs.models import Run
from jobs.runs.secrets import open_secrets
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from tests.factories import label_of, make_app_registration, make_organizations, make_run
from tests.jobs.retry.cases import CREATE, WITH_SECRET, ended, launched

Capture = pytest.CaptureFixture[str]


@pytest.mark.django_db
class TestRuns:
    def test_pause_and_resume(self, capsys: Capture, technician: User) -> None:
        run = make_run(state=RunState.RUNNING)
        call_command("pause_run", str(run.pk), "--as", technician.username, "--reason", "mail flow")
        assert f"resume_run {run.pk}" in capsys.readouterr().out
        run.refresh_from_db()
        assert (run.state, run.paused_by, run.pause_reason) == ("paused", label_of(technician), "mail flow")
        call_command("resume_run", str(run.pk))
        assert capsys.readouterr().out == f"Goes on: {run}.\n"
        run.refresh_from_db()
        assert run.state == RunState.RUNNING

    @pytest.mark.parametrize("command", ["stop_run", "pause_run", "resume_run"])
    def test_what_is_refused_is_said_with_status_2(self, command: str, capsys: Capture) -> None:
        for run_id, words in ((make_run().pk, "ended already"), (uuid4(), "There is no run")):
            with pytest.raises(SystemExit) as ended:
                call_command(command, str(run_id))
            assert ended.value.code == 2
            assert words in capsys.readouterr().err

    def test_whoever_lacks_the_right_is_told(self, auditor: User, capsys: Capture) -> None:
        with pytest.raises(SystemExit):
            call_command("stop_run", str(make_run(state=RunState.RUNNING).pk), "--as", auditor.username)
        assert "jobs:run:cancel" in capsys.readouterr().err


@pytest.mark.django_db
class TestEverything:
    def test_is_stopped_and_goes_on(self, capsys: Capture) -> None:
        run = make_run(state=RunState.RUNNING, organizations=2, states=[TargetState.RUNNING, TargetState.QUEUED])
        run.targets.filter(state=TargetState.RUNNING).update(intent_fence=0)
        call_command("stop_everything", "--reason", "odd deletions")
        printed = capsys.readouterr().out
        assert "1 organization in 1 run: nothing more starts; 1 in flight, 1 may still complete." in printed
        assert "lift_global_stop" in printed
        assert stop_in_force()
        call_command("lift_global_stop")
        assert "(odd deletions) is lifted" in capsys.readouterr().out
        assert stop_in_force() is None


@pytest.mark.django_db
class TestRetry:
    def test_is_launched_and_says_who_is_left_out(self, capsys: Capture) -> None:
        places = make_organizations(3, partner=make_app_registration().partner)
        run = ended(launched(places, CREATE), TargetState.FAILED, TargetState.UNKNOWN, TargetState.SUCCEEDED)
        call_command("retry_run", str(run.pk), "--no-follow")
        retry = Run.objects.get(retry_of=run)
        assert (retry.state, retry.target_count) == (RunState.QUEUED, 1)
        assert capsys.readouterr().out == (
            f"Run {retry.pk} retries {run.pk}: {retry}.\nLeft out: 1 unknown: they are looked up first\n"
        )

    def test_takes_secrets_from_standard_input(self, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        places = make_organizations(1, partner=make_app_registration().partner)
        run = ended(launched(places, WITH_SECRET), TargetState.ERRORED)
        monkeypatch.setattr("sys.stdin", StringIO("An0ther!x\n"))
        call_command("retry_run", str(run.pk), "--no-follow")
        retry = Run.objects.get(retry_of=run)
        assert open_secrets(retry.pk, retry.steps[0].secrets)["Password"].reveal() == "An0ther!x"

    def test_of_nothing_is_refused(self, capsys: Capture) -> None:
        with pytest.raises(SystemExit) as refused:
            call_command("retry_run", str(make_run().pk))
        assert refused.value.code == 2
        assert "Nothing of this run can be retried" in capsys.readouterr().err
