"""Faults in several steps, for what only a certain order of events shows."""

import signal
import time

from django.db import connection

from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from tests.faults.kinds.kind import Kind, Parameters
from tests.faults.world import World, persist

EDIT = """
CREATE OR REPLACE FUNCTION faults_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.plan = replace(NEW.plan::text, %s, %s)::jsonb; RETURN NEW; END $$;
CREATE TRIGGER faults_edit BEFORE UPDATE ON run FOR EACH ROW
    WHEN (OLD.state = 'draft' AND NEW.state = 'queued') EXECUTE FUNCTION faults_edit()
"""
CLAIMED_SECONDS = 20.0
MODULE_FILE = "EXOModuleFile"


def _edit_plans(_: World, parameters: Parameters) -> int:
    """Let every plan be edited in the database the moment it is launched."""

    def edit() -> int:
        with connection.cursor() as cursor:
            cursor.execute(EDIT, [parameters["old"], parameters["new"]])
        return 1

    return persist(edit)


def _leave_plans_alone(_: World, __: Parameters) -> int:
    def leave() -> int:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER faults_edit ON run")
        return 0

    return persist(leave)


def _outlive(world: World, parameters: Parameters) -> int:
    """One worker loses its claims to another and goes on; then the other dies, and nobody starts it again.

    The first is kept busy with answers that never come; it stands still until its leases are lost.
    """
    first, second = world.crew.parts["bulk-1"], world.crew.parts["bulk-2"]
    first.signal(signal.SIGSTOP)
    _wait_until_claimed_again(second.pid)
    first.signal(signal.SIGCONT)
    second.wanted = False
    second.signal(signal.SIGKILL)
    return 2


def _wait_until_claimed_again(pid: int) -> None:
    """Wait until that process holds what another one held before."""
    taken = RunTarget.objects.filter(state=TargetState.RUNNING, fence__gt=1, lease_owner__endswith=f":{pid}")
    deadline = time.monotonic() + CLAIMED_SECONDS
    while not persist(taken.exists) and time.monotonic() < deadline:
        time.sleep(0.05)


def _bring_back(world: World, _: Parameters) -> int:
    world.crew.parts["bulk-2"].wanted = True
    world.sandbox.control("DELETE", "faults")
    return 0


def _hold_openings(world: World, parameters: Parameters) -> int:
    """Let the first openings wait for ever, and those after them for a few seconds."""
    match = {"service": "exchange", "path": MODULE_FILE}
    rules = [
        {"match": {**match, "times": parameters["times"]}, "action": {"type": "hold"}},
        {"match": match, "action": {"type": "delay", "seconds": 4}},
    ]
    world.sandbox.control("POST", "faults", json=rules)
    return 1


def _slow_cmdlets(world: World, parameters: Parameters) -> int:
    """Let every cmdlet take its time, and nothing else."""
    rule = {"match": {"path": "InvokeCommand"}, "action": {"type": "delay", "seconds": parameters["each"]}}
    world.sandbox.control("POST", "faults", json=rule)
    return 1


def _quick_cmdlets(world: World, _: Parameters) -> int:
    world.sandbox.control("DELETE", "faults")
    return 0


KINDS = (
    Kind("Exchange: cmdlets are slow", _slow_cmdlets, _quick_cmdlets, seconds=15, weight=0),
    Kind("a plan is edited in the database after its review", _edit_plans, _leave_plans_alone, seconds=1, weight=0),
    Kind("a worker outlives its leases and their next owner", _outlive, _bring_back, seconds=30, weight=0),
    Kind("openings are held", _hold_openings, seconds=0, weight=0),
)
