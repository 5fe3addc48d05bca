"""What can be done with a run that was launched: the buttons beside its name."""

from typing import Any

from jobs.runs.models import Run
from jobs.runs.shares import Share
from jobs.runs.states import RunState, TargetState, is_open
from jobs.web.again import again_url, organizations_again
from portal.core.actors import Actor
from portal.core.permissions import Permission

_UNSUCCESSFUL = (TargetState.FAILED, TargetState.ERRORED)


def actions_context(actor: Actor, run: Run) -> dict[str, Any]:
    """Return which buttons the actor gets."""
    goes_on = is_open(run.state) and run.cancel_requested_at is None
    may_pause = goes_on and actor.has(Permission.RUN_PAUSE)
    return {
        "run": run,
        "can_stop": goes_on and actor.has(Permission.RUN_CANCEL),
        "can_pause": may_pause and run.state != RunState.PAUSED,
        "can_resume": may_pause and run.state == RunState.PAUSED,
        "shares": [(share, share == run.share) for share in reversed(Share)] if may_pause else [],
        "share": Share(run.share),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        "can_export": actor.has(Permission.RUN_EXPORT),
        "again_url": again_url(run),
        **_retry(actor, run),
    }


def buttons_of(run: Run) -> str:
    """Name the buttons that a run as it stands gets: where this changed, they are shown anew."""
    return f"{run.state}-{run.share}-{run.cancel_requested_at is not None:d}"


def _retry(actor: Actor, run: Run) -> dict[str, Any]:
    """Return the address that launches an ended run again where it failed, and in how many organizations."""
    states = [state.value for state in _UNSUCCESSFUL if run.counts.get(state)]
    if is_open(run.state) or not states:
        return {"retry_url": "", "retry_count": 0}
    number = len(organizations_again(actor=actor, run=run, states=states))
    return {"retry_url": again_url(run, state=states) if number else "", "retry_count": number}
