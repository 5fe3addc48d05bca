"""Stopping, pausing and resuming from the command line."""

from uuid import uuid4

import pytest
from django.core.management import call_command

from jobs.global_stop.selectors import stop_in_force
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from tests.factories import label_of, make_run

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
