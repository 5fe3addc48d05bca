"""What people order in the middle of everything else: all is stopped or paused, and goes on. They are no faults."""

from contextlib import suppress
from uuid import UUID

from jobs.global_stop.services import lift_global_stop, stop_everything
from jobs.runs.models import Run
from jobs.runs.services import RunNotPausable, pause_run, resume_run
from jobs.runs.states import OPEN_RUN_STATES, RunState
from tests.factories import SYSTEM
from tests.faults.kinds.kind import Kind, Parameters
from tests.faults.kinds.processes import wait_for_call
from tests.faults.world import World, persist


def _stop(_: World, __: Parameters) -> int:
    persist(lambda: stop_everything(actor=SYSTEM, reason="fault suite"))
    return 1


def _lift(_: World, __: Parameters) -> int:
    persist(lambda: lift_global_stop(actor=SYSTEM))
    return 0


def _pause(_: World, parameters: Parameters) -> int:
    if parameters.get("in_mid_call"):
        wait_for_call("")
    wanted = persist(lambda: _runs(*OPEN_RUN_STATES))
    for run_id in wanted:
        with suppress(RunNotPausable):
            persist(lambda run_id=run_id: pause_run(actor=SYSTEM, run_id=run_id))  # type: ignore[misc]
    return len(wanted)


def _resume(_: World, __: Parameters) -> int:
    for run_id in persist(lambda: _runs(RunState.PAUSED)):
        with suppress(RunNotPausable):
            persist(lambda run_id=run_id: resume_run(actor=SYSTEM, run_id=run_id))  # type: ignore[misc]
    return 0


def _runs(*states: RunState) -> list[UUID]:
    return list(Run.objects.filter(state__in=states, reconciles=None).values_list("pk", flat=True))


KINDS = (
    Kind("order: everything is stopped", _stop, _lift, seconds=2.5),
    Kind("order: runs are paused", _pause, _resume, seconds=2.5),
)
