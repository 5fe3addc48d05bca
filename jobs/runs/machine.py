"""The state machine of one organization of a run: what may happen to it, and what it is then. Pure, without a clock.

Each move takes the target as it stands and returns it as it is afterwards, or says no. The statements that claim,
promise and end many targets at a time carry the same conditions; tests compare the two move by move.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from jobs.catalogue.effects import Effect
from jobs.runs.states import RunState, TargetState

ENDS_OF_ATTEMPTS = frozenset(TargetState) - {TargetState.QUEUED, TargetState.RUNNING}
"""How an attempt can end a target; one of these is never left again."""

ENDS_OF_WAITING = frozenset({TargetState.CANCELLED, TargetState.SKIPPED, TargetState.ERRORED})
"""How a target can end that nobody has in hand: nothing of its present step was sent."""


class NotSent(StrEnum):
    """Why a cmdlet must not be sent."""

    STOPPED = "stopped"
    HELD = "paused"
    VANISHED = "organization vanished"
    DENIED = "not allowed"
    THROTTLED = "organization throttles"
    LEASE_LOST = "lease lost"


@dataclass(frozen=True, slots=True)
class Target:
    """One organization of a run, as its row says; `fence` grows with each claim.

    `step` is next or in flight. `intent_fence` is the fence under which it was promised to send that step.
    """

    state: TargetState = TargetState.QUEUED
    step: int = 1
    fence: int = 0
    intent_fence: int | None = None
    strikes: int = 0

    @property
    def may_have_been_sent(self) -> bool:
        """Whether the present step was promised under the present claim: then it may have gone out."""
        return self.intent_fence == self.fence

    def is_held_under(self, fence: int) -> bool:
        """Whether a worker whose claim has this fence still has the target."""
        return self.state is TargetState.RUNNING and self.fence == fence


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds around a target at a moment: of its run, its organization, everything, and the lease on it."""

    run: RunState = RunState.RUNNING
    cancelled: bool = False
    stopped: bool = False
    vanished: bool = False
    denied: bool = False
    throttles: bool = False
    lease_is_live: bool = True
    is_due: bool = True

    @property
    def lets_start(self) -> bool:
        """Whether something new may begin."""
        return self.run is RunState.RUNNING and not self.cancelled and not self.stopped


def claim(target: Target, facts: Facts) -> Target | None:
    """Give a waiting target to a worker under the next fence.

    Also one whose organization vanished, or where it is not allowed any more: its worker ends it.
    """
    if target.state is not TargetState.QUEUED or not facts.is_due or facts.throttles or not facts.lets_start:
        return None
    return replace(target, state=TargetState.RUNNING, fence=target.fence + 1)


def intend(target: Target, facts: Facts, *, fence: int, step: int) -> Target | NotSent:
    """Let the worker with this fence promise to send this step, or say why it must not be sent."""
    if not target.is_held_under(fence):
        return NotSent.LEASE_LOST
    if facts.cancelled:
        return NotSent.STOPPED
    if facts.vanished:
        return NotSent.VANISHED
    if facts.denied:
        return NotSent.DENIED
    if not facts.lets_start:
        return NotSent.HELD
    if facts.throttles:
        return NotSent.THROTTLED
    if not facts.lease_is_live or target.step != step:
        return NotSent.LEASE_LOST
    return replace(target, intent_fence=fence)


def advance(target: Target, *, fence: int, ended_step: int) -> Target | None:
    """Go on to the step after one that ended; the promise was for that one.

    None where another has it by now, or it has gone on already and only the answer of that transaction was lost.
    """
    if not target.is_held_under(fence) or target.step > ended_step:
        return None
    return replace(target, step=ended_step + 1, intent_fence=None)


def end(target: Target, state: TargetState, *, fence: int, strikes: int = 0) -> Target | None:
    """End the target as its worker found; None where another has it by now, and the answer is evidence only."""
    if not target.is_held_under(fence) or state not in ENDS_OF_ATTEMPTS:
        return None
    return replace(target, state=state, strikes=target.strikes + strikes)


def give_back(target: Target, *, fence: int, strikes: int = 0) -> Target | None:
    """Let the target wait for another attempt, as nothing of the present step ran, or it only reads."""
    if not target.is_held_under(fence):
        return None
    return replace(target, state=TargetState.QUEUED, strikes=target.strikes + strikes)


def reap(target: Target, facts: Facts, *, effect: Effect, most_strikes: int) -> Target | None:
    """Take the target from a worker that let its lease run out; `effect` is that of the present step.

    What may have been sent and changes something is unknown; the rest waits again, but not for ever.
    """
    if target.state is not TargetState.RUNNING or facts.lease_is_live:
        return None
    strikes = target.strikes + 1
    if target.may_have_been_sent and effect is not Effect.READ:
        return replace(target, state=TargetState.UNKNOWN, strikes=strikes)
    state = TargetState.ERRORED if strikes >= most_strikes else TargetState.QUEUED
    return replace(target, state=state, strikes=strikes)


def end_waiting(target: Target, state: TargetState) -> Target | None:
    """End a target that nobody has in hand: stopped, off-boarded, or left alone for too long."""
    if target.state is not TargetState.QUEUED or state not in ENDS_OF_WAITING:
        return None
    return replace(target, state=state)
