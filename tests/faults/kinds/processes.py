"""Faults of the product's own processes: killed at a named point, killed whole, paused, doubled, of two versions."""

import io
import random
import signal
import subprocess
import tarfile
import time
from functools import cache
from pathlib import Path

from django.db.models import F

from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from tests.faults import points
from tests.faults.armed import arm, disarm
from tests.faults.kinds.kind import Kind, Parameters
from tests.faults.parts import QUICK, ROOT
from tests.faults.world import World, persist

BEYOND_THE_LEASE = float(QUICK["LEASE_SECONDS"]) + 3
MID_CALL_SECONDS = 8.0
BULK = ("bulk-1", "bulk-2")
RELEASED = "96681e0"
"""The commit whose workers run beside the present ones in a rolling restart: released before runs had steps."""


def kill_at(point: points.KillPoint) -> Kind:
    """Return the kind in which a process dies at `point`."""

    def begin(world: World, parameters: Parameters) -> int:
        arm(world.orders, point.name, at=parameters["at"])
        return 0

    def end(world: World, parameters: Parameters) -> int:
        return 0 if disarm(world.orders) else 1

    def draw(rng: random.Random) -> Parameters:
        return {"at": rng.randint(1, point.often)}

    return Kind(f"kill -9 {point.name}", begin, end, draw, seconds=4.0)


def _kill(world: World, parameters: Parameters) -> int:
    keys = [key for key in parameters["parts"] if key in world.crew.parts]
    for key in keys:
        world.crew.parts[key].signal(signal.SIGKILL)
    return len(keys)


def _any_part(rng: random.Random) -> Parameters:
    return {"parts": [rng.choice([*BULK, *BULK, "system", "scheduler"])]}


def _pause(world: World, parameters: Parameters) -> int:
    part = world.crew.parts.get(parameters["part"])
    if part is None:  # another fault of the round has taken it away
        return 0
    if parameters.get("in_mid_call"):
        wait_for_call(f":{part.pid}")
    part.signal(signal.SIGSTOP)
    return 1


def wait_for_call(worker: str) -> None:
    """Wait until a worker whose name ends so waits for the answer to a cmdlet."""
    sent = RunTarget.objects.filter(state=TargetState.RUNNING, intent_fence=F("fence"), lease_owner__endswith=worker)
    deadline = time.monotonic() + MID_CALL_SECONDS
    while not persist(sent.exists) and time.monotonic() < deadline:
        time.sleep(0.05)


def _resume(world: World, parameters: Parameters) -> int:
    if part := world.crew.parts.get(parameters["part"]):
        part.signal(signal.SIGCONT)
    return 0


def _which_to_pause(rng: random.Random) -> Parameters:
    return {"part": rng.choice([*BULK, *BULK, "system"]), "seconds": BEYOND_THE_LEASE + rng.random()}


def _double(world: World, _: Parameters) -> int:
    world.crew.add("system-2", "worker-system")
    world.crew.add("scheduler-2", "scheduler", environment={"SCHEDULE_FILE": str(world.folder / "schedule-2")})
    return 2


def _single(world: World, _: Parameters) -> int:
    world.crew.remove("system-2", signal.SIGKILL)
    world.crew.remove("scheduler-2")
    return 0


def _wrong_clock(world: World, parameters: Parameters) -> int:
    world.crew.add("bulk-wrong", "worker", environment={"FAULTS_CLOCK": str(parameters["shift"])})
    world.crew.add("system-wrong", "worker-system", environment={"FAULTS_CLOCK": str(parameters["shift"])})
    return 2


def _right_clock(world: World, _: Parameters) -> int:
    world.crew.remove("bulk-wrong")
    world.crew.remove("system-wrong")
    return 0


def _which_clock(rng: random.Random) -> Parameters:
    return {"shift": rng.choice([-86_400, -3_600, 3_600, 86_400])}


def _full_disk(world: World, _: Parameters) -> int:
    for key, name in (("bulk-full", "worker"), ("system-full", "worker-system")):
        world.crew.add(key, name, environment={"FAULTS_OUTPUT": "/dev/full"})
    return 2


def _empty_disk(world: World, _: Parameters) -> int:
    world.crew.remove("bulk-full")
    world.crew.remove("system-full")
    return 0


@cache
def released_code(folder: Path) -> Path | None:
    """Unpack the released code below `folder`; None where this clone has no such history."""
    packed = subprocess.run(("git", "archive", RELEASED), cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        return None
    code = folder / "released"
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(code, filter="data")
    return code


def _roll(world: World, _: Parameters) -> int:
    """Replace one worker by one of the released code, as it is in the middle of a deployment or of its way back."""
    code = released_code(world.folder)
    if code is None:
        return 0
    world.crew.remove("bulk-1")
    world.crew.add("bulk-old", "worker", code=code)
    world.crew.add("system-old", "worker-system", code=code)
    return 1


def _roll_on(world: World, _: Parameters) -> int:
    if "bulk-old" not in world.crew.parts:
        return 0
    world.crew.remove("bulk-old")
    world.crew.remove("system-old")
    world.crew.add("bulk-1", "worker")
    return 1


KINDS = (
    *map(kill_at, points.POINTS),
    Kind("kill -9 of a process", _kill, draw=_any_part, weight=3),
    Kind("kill -9 of all workers", _kill, draw=lambda _: {"parts": ["bulk-1", "bulk-2", "system"]}),
    Kind("a process stands still beyond its lease", _pause, _resume, _which_to_pause, weight=2),
    Kind("two sweepers and two schedulers", _double, _single, seconds=6),
    Kind("the clock is wrong in a process", _wrong_clock, _right_clock, _which_clock, seconds=6),
    Kind("no room for logs", _full_disk, _empty_disk, seconds=6),
    Kind("rolling restart, old and new code", _roll, _roll_on, seconds=6),
)
