"""When an organization is left alone, and when an identity: pure decisions; all moments are aware UTC."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import TextChoices

from jobs.throttling.signs import Answered, Failed, Sign, Throttled

MOST_SLOTS = 4.0
"""Attempts in flight at one organization that slow nothing down: three reads and a change."""
FAILURES_IN_A_ROW = 5
SAME_FAILURES = 3
WITHIN = timedelta(minutes=1)
MEMORY = timedelta(minutes=15)
"""How long a gate that is open again is kept in mind, and the longest that a breaker is open at a time."""
_FIRST_BACKOFF, _LONGEST_BACKOFF = timedelta(seconds=2), timedelta(minutes=1)
_FIRST_PAUSE = timedelta(seconds=30)
_SETTLING = timedelta(seconds=2)
_FIRST_PROBE = timedelta(minutes=1)


class Reason(TextChoices):
    """Why an organization is left alone."""

    ASKED = "asked", "It said for how long"
    THROTTLED = "throttled", "It throttled and did not say for how long"
    FAILING = "failing", "It failed several times in a row"


@dataclass(frozen=True, slots=True)
class Gate:
    """What is kept in mind of one organization.

    It is left alone until `closed_until`, and afterwards at most `slots` attempts are in flight there. `since` is when
    it last went from answering to throttling or failing; `throttled` and `failures` count in a row, `openings` how
    often the breaker opened since the last answer.
    """

    closed_until: datetime | None = None
    reason: str = ""
    error_class: str = ""
    since: datetime | None = None
    throttled: int = 0
    failures: int = 0
    openings: int = 0
    slots: float = MOST_SLOTS

    def is_closed(self, now: datetime) -> bool:
        """Whether the organization is left alone at `now`."""
        return self.closed_until is not None and self.closed_until > now

    def is_forgettable(self, now: datetime) -> bool:
        """Whether nothing of it matters any more."""
        return not (self.is_closed(now) or self.failures or self.throttled) and self.slots >= MOST_SLOTS


def recalled(gate: Gate, *, changed_at: datetime, now: datetime) -> Gate:
    """Return a gate as it counts at `now`: what nobody met again for a quarter of an hour counts no more."""
    quiet_since = max(changed_at, gate.closed_until or changed_at)
    return Gate() if now - quiet_since > MEMORY else gate


def gate_after(gate: Gate, signs: Iterable[Sign], now: datetime, *, jitter: float = 1.0) -> Gate:
    """Return the gate after what attempts met, in their order; `jitter` (about 1) stretches waits that nobody named."""
    for sign in signs:
        match sign:
            case Answered():
                gate = _answered(gate)
            case Throttled():
                gate = _throttled(gate, sign, now, jitter)
            case Failed():
                gate = _failed(gate, sign, now, jitter)
    return gate


def _answered(gate: Gate) -> Gate:
    """Open a breaker; a time that Exchange named stays in force."""
    closed_until = None if gate.reason == Reason.FAILING else gate.closed_until
    slots = min(MOST_SLOTS, gate.slots + 1)
    return replace(gate, closed_until=closed_until, since=None, throttled=0, failures=0, openings=0, slots=slots)


def _throttled(gate: Gate, sign: Throttled, now: datetime, jitter: float) -> Gate:
    was_closed = gate.is_closed(now)
    number = gate.throttled if was_closed else gate.throttled + 1
    backoff = _growing(_FIRST_BACKOFF, _LONGEST_BACKOFF, number) * jitter
    until = now + (backoff if sign.seconds is None else timedelta(seconds=sign.seconds))
    failing = gate.reason == Reason.FAILING  # that is over: who throttles is there
    later = failing or gate.closed_until is None or until > gate.closed_until
    return replace(
        gate,
        closed_until=until if later else gate.closed_until,
        reason=(Reason.THROTTLED if sign.seconds is None else Reason.ASKED) if later else gate.reason,
        error_class=sign.error_class,
        since=gate.since or now,
        throttled=number,
        failures=0,
        openings=0,
        # Several calls that were in flight together are refused together: that is one sign, not three.
        slots=gate.slots if was_closed else max(1.0, gate.slots / 2),
    )


def _failed(gate: Gate, sign: Failed, now: datetime, jitter: float) -> Gate:
    failures = gate.failures + 1
    failing = replace(gate, error_class=sign.error_class, since=gate.since or now, failures=failures)
    if failures < FAILURES_IN_A_ROW or gate.is_closed(now):
        return failing
    pause = _growing(_FIRST_PAUSE, MEMORY, gate.openings + 1) * jitter
    return replace(failing, closed_until=now + pause, reason=Reason.FAILING, openings=gate.openings + 1, slots=1.0)


def slots_after(slots: float, *, is_throttled: bool, answers: int, in_flight: int, since_slowed: timedelta) -> float:
    """Return how many attempts may be in flight as one identity that the login host throttles, or did lately.

    That halves what is in flight, once for all that are refused together; every answer lets one more through.
    `since_slowed` is how long ago it was halved last.
    """
    if not is_throttled:
        return slots + answers
    return slots if since_slowed < _SETTLING else max(1.0, min(in_flight, slots) / 2)


@dataclass(frozen=True, slots=True)
class TokenRefusal:
    """One refusal of a token that is the identity's own, in one organization."""

    organization_id: str
    error_class: str
    code: str
    at: datetime

    def is_like(self, other: "TokenRefusal") -> bool:
        """Whether it is the same failure, wherever."""
        return (self.error_class, self.code) == (other.error_class, other.code)


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is kept in mind of one identity; open while `opened_at` is set.

    While it is open no token is asked for until `closed_until`, and then in one organization at a time; what was
    claimed before `paused_at` asks for none. `refusals` are those of the last minute; while it is open, those that
    opened it.
    """

    refusals: tuple[TokenRefusal, ...] = ()
    opened_at: datetime | None = None
    closed_until: datetime | None = None
    paused_at: datetime | None = None
    openings: int = 0

    @property
    def is_open(self) -> bool:
        """Whether tokens are held back."""
        return self.opened_at is not None


def breaker_after(breaker: Breaker, refusals: Iterable[TokenRefusal], now: datetime) -> Breaker:
    """Return the breaker after these refusals; an open one waits longer after a probe that was refused."""
    for refusal in refusals:
        breaker = _refused_again(breaker, now) if breaker.is_open else _refused(breaker, refusal, now)
    return breaker


def _refused(breaker: Breaker, refusal: TokenRefusal, now: datetime) -> Breaker:
    recent = (*(each for each in breaker.refusals if now - each.at <= WITHIN), refusal)
    alike = {each.organization_id: each for each in recent if each.is_like(refusal)}
    if len(alike) < SAME_FAILURES:
        return replace(breaker, refusals=recent)
    return Breaker(tuple(alike.values()), opened_at=now, closed_until=now + _FIRST_PROBE, paused_at=now, openings=1)


def _refused_again(breaker: Breaker, now: datetime) -> Breaker:
    if breaker.closed_until is not None and breaker.closed_until > now:
        return breaker  # it was on its way when the breaker opened
    openings = breaker.openings + 1
    until = now + _growing(_FIRST_PROBE, MEMORY, openings)
    return replace(breaker, closed_until=until, paused_at=now, openings=openings)


def _growing(first: timedelta, longest: timedelta, number: int) -> timedelta:
    """Return the wait number `number` (from 1): each is twice the one before."""
    return min(longest, first * (1 << min(max(number - 1, 0), 20)))
