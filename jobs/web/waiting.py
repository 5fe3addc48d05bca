"""Why organizations of a run wait, in words."""

from dataclasses import dataclass
from datetime import datetime

from jobs.results.explanations import explanation_of
from jobs.throttling.decisions import Reason
from jobs.throttling.selectors import Pause, Wait
from jobs.web.words import counted, duration
from portal.core.actors import Actor
from portal.core.permissions import Permission


@dataclass(frozen=True, slots=True)
class Banner:
    """That Signalbox stopped asking for tokens as somebody: why, what waits, and what to do.

    `identity` is what "Try again now" sends, empty for who may not; `next_try_at` is aware UTC.
    """

    title: str
    meaning: str
    fix: str
    next_try_at: datetime | None
    identity: str


def wait_sentence(wait: Wait, now: datetime) -> str:
    """Return how many organizations wait at `now`, for what, and for how long at most."""
    who = f"{counted(wait.organizations, 'organization')} {'waits' if wait.organizations == 1 else 'wait'}"
    left = duration(wait.until - now)
    match wait.reason:
        case Reason.ASKED:
            return f"{who}: Exchange asked for {left if wait.organizations == 1 else f'up to {left}'}."
        case Reason.THROTTLED:
            return f"{who}: Exchange throttles without saying for how long. The next try is within {left}."
    return f"{who} after several failures in a row. The next try is within {left}."


def pause_banner(pause: Pause, actor: Actor) -> Banner:
    """Return what the page of a run says about an identity that no token is asked for as."""
    failure = explanation_of(pause.error_class)
    code = f" ({pause.code})" if pause.code else ""
    return Banner(
        title=f"Signalbox stopped asking for tokens as {pause.name}",
        meaning=(
            f"{failure.title}{code} in {counted(pause.refused_in, 'organization')} within a minute. "
            f"{counted(pause.organizations, 'organization')} of this run "
            f"{'waits' if pause.organizations == 1 else 'wait'}; nothing is lost."
        ),
        fix=failure.fix,
        next_try_at=pause.next_try_at,
        identity=pause.key if actor.has(Permission.RUN_LAUNCH) else "",
    )
