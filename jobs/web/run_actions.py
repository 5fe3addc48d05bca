"""What can be done with a run that was launched: the buttons beside its name."""

from collections.abc import Mapping
from typing import Any

from jobs.retry.candidates import NOBODY, Candidates, candidates
from jobs.runs.models import Run
from jobs.runs.retries import RETRIED_STATES
from jobs.runs.shares import Share
from jobs.runs.states import OPEN_RUN_STATES, RunState, TargetState, is_open
from jobs.web.again import again_url
from jobs.web.retry_links import retry_links
from portal.core.actors import Actor
from portal.core.permissions import Permission


def actions_context(actor: Actor, run: Run) -> dict[str, Any]:
    """Return which buttons the actor gets."""
    goes_on = run.state in OPEN_RUN_STATES and run.cancel_requested_at is None
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
        "retry_links": retry_links(actor, run),
        **_retry(actor, run),
    }


def buttons_of(run: Run) -> str:
    """Name the buttons that a run as it stands gets: where this changed, they are shown anew."""
    return f"{run.state}-{run.share}-{run.cancel_requested_at is not None:d}"


def retriable_by_class(actor: Actor, run: Run) -> Mapping[str, int]:
    """Return in how many organizations of an ended run the same may be tried again, by error class."""
    return _candidates(actor, run).classes


def _retry(actor: Actor, run: Run) -> dict[str, Any]:
    found = _candidates(actor, run)
    return {"retry_words": found.words if found.first_steps else ""}


def _candidates(actor: Actor, run: Run) -> Candidates:
    left = any(run.counts.get(state) for state in (*RETRIED_STATES, TargetState.UNKNOWN))
    if is_open(run.state) or not left or not actor.has(Permission.RUN_LAUNCH):
        return NOBODY
    return candidates(actor=actor, run=run)
