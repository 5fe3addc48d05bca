"""What keeps a run from starting anything at present, although nothing is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.utils import timezone

from jobs.global_stop.models import GlobalStop
from jobs.global_stop.selectors import stop_in_force
from jobs.runs.models import Run
from jobs.runs.states import RunState, is_open
from jobs.throttling.selectors import Pause, Wait, pauses_of_run, waits_of_run
from portal.core.actors import Actor
from portal.core.health import broker_answers

BROKER_GRACE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Whether the broker cannot be reached, the global stop that is in force, and why organizations wait."""

    broker_away: bool = False
    stop: GlobalStop | None = None
    waits: Sequence[Wait] = ()
    pauses: Sequence[Pause] = ()

    @classmethod
    def of(cls, run: Run, actor: Actor) -> Self:
        """Look; a run that has ended is hindered by nothing."""
        if not is_open(run.state):
            return cls()
        return cls(
            _is_broker_away(run),
            stop_in_force(),
            waits_of_run(actor=actor, run_id=run.pk),
            pauses_of_run(actor=actor, run_id=run.pk),
        )


UNHINDERED = Hindrance()


def _is_broker_away(run: Run) -> bool:
    """Whether nothing of the run has started because the broker cannot be reached; asks the broker only then."""
    launched = run.launched_at or timezone.now()
    if run.state != RunState.QUEUED or timezone.now() - launched < BROKER_GRACE:
        return False
    return not broker_answers()
