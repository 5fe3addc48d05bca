"""What keeps a run from starting anything at present, although nothing is wrong with it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.utils import timezone

from jobs.global_stop.models import GlobalStop
from jobs.global_stop.selectors import stop_in_force
from jobs.runs.models import Run
from jobs.runs.states import RunState, is_open
from portal.core.health import broker_answers

BROKER_GRACE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Whether the broker cannot be reached, and the global stop that is in force."""

    broker_away: bool = False
    stop: GlobalStop | None = None

    @classmethod
    def of(cls, run: Run) -> Self:
        """Look; a run that has ended is hindered by nothing."""
        return cls(_is_broker_away(run), stop_in_force()) if is_open(run.state) else cls()


UNHINDERED = Hindrance()


def _is_broker_away(run: Run) -> bool:
    """Whether nothing of the run has started because the broker cannot be reached; asks the broker only then."""
    launched = run.launched_at or timezone.now()
    if run.state != RunState.QUEUED or timezone.now() - launched < BROKER_GRACE:
        return False
    return not broker_answers()
