"""Cancel, pause and the global stop against real workers: the simulated cloud's ledger judges what still began."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from jobs.global_stop.models import GlobalStop
from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.faults.test_dying_parts import database_now, sweep_until_ended
from tests.live import ROOT, Processes, Sandbox, closed_port, wait_for

Bring = Callable[..., list[Organization]]
Door = Callable[[str, Run], None]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(240)]

READ = "Get-AcceptedDomain"
AT_MOST = timedelta(seconds=1)
NOBODY_LISTENS = f"redis://127.0.0.1:{closed_port()}/0"
PAGES = {
    "pause": ("jobs:run-pause", {"reason": "mail flow"}),
    "resume": ("jobs:run-resume", {}),
    "stop everything": ("jobs:global-stop-order", {"reason": "odd deletions"}),
    "lift": ("jobs:global-stop-lift", {}),
    "stop": ("jobs:run-stop", {}),
}
COMMANDS = {
    "pause": ["pause_run", "{run}", "--reason", "mail flow"],
    "resume": ["resume_run", "{run}"],
    "stop everything": ["stop_everything", "--reason", "odd deletions"],
    "lift": ["lift_global_stop"],
    "stop": ["stop_run", "{run}"],
}


@pytest.fixture
def page(signed_in: Callable[[User], Client], administrator: User) -> Door:
    """A browser."""
    browser = signed_in(administrator)

    def press(what: str, run: Run) -> None:
        name, data = PAGES[what]
        url = reverse(name, args=[] if name.startswith("jobs:global") else [run.pk])
        assert browser.post(url, data).status_code == 303

    return press


@pytest.fixture
def command(processes: Processes) -> Door:
    """The command line, while no web server runs; what holds cmdlets back also works while the broker is away."""

    def call(what: str, run: Run) -> None:
        broker = {} if what in ("resume", "lift") else {"REDIS_URL": NOBODY_LISTENS}
        words = [word.format(run=run.pk) for word in COMMANDS[what]]
        variables = {**os.environ, **processes.environment(**broker)}
        subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=variables, check=True)

    return call


def began_at(run: Run, what: str) -> datetime | None:
    """When authority to send was taken away; written down just before it was committed."""
    run.refresh_from_db()
    stop = GlobalStop.objects.filter(lifted_at=None).first()
    return {
        "pause": run.paused_at,
        "stop": run.cancel_requested_at,
        "stop everything": stop.stopped_at if stop else None,
    }[what]


@pytest.mark.parametrize("door", ["page", "command"])
def test_no_cmdlet_begins_more_than_a_second_after_it_was_stopped_paused_or_everything_stopped(
    door: str,
    sandbox: Sandbox,
    processes: Processes,
    organizations_of: Bring,
    launch: Launch,
    request: pytest.FixtureRequest,
) -> None:
    act: Door = request.getfixturevalue(door)
    sandbox.control("POST", "latency", json={"ms": 150})
    processes.worker(WORKER_THREADS="4")
    run = launch(READ, organizations_of(250))
    for what, undo in (("pause", "resume"), ("stop everything", "lift"), ("stop", "")):
        before = len(sandbox.executions(READ))
        wait_for(lambda seen=before: len(sandbox.executions(READ)) >= seen + 5, what="the run going on")  # type: ignore[misc]
        act(what, run)
        moment = began_at(run, what)
        assert moment
        late = late_entries(sandbox, run, moment)
        assert late == [], f"began after the {what}"
        if undo:
            assert run.targets.filter(state=TargetState.QUEUED).count() >= 100
            act(undo, run)
    sweep_until_ended(run)
    assert run.state == RunState.CANCELLED
    assert sum(run.counts.values()) == 250
    assert len(sandbox.executions(READ)) == run.counts["succeeded"]


def late_entries(sandbox: Sandbox, run: Run, moment: datetime) -> list[Mapping[str, object]]:
    """Return the cmdlets of which the ledger says that they began later than a second after `moment`.

    Waits until none has been in flight for a while, by the database's clock.
    """
    wait_for(
        lambda: database_now() > moment + 3 * AT_MOST and not run.targets.filter(state=TargetState.RUNNING).exists(),
        what="the end of what was in flight",
    )
    entries = sandbox.executions(READ)
    began = [datetime.fromisoformat(entry["time"]) for entry in entries]
    print(f"the last cmdlet began {(max(began) - moment).total_seconds():+.3f} s after it")
    return [entry for entry, at in zip(entries, began, strict=True) if at > moment + AT_MOST]
