"""The story of one organization of a run: every moment that is known, and how long it took to the next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.results.bodies import unpack_exchanges
from jobs.results.evidence import results_by_attempt
from jobs.results.explanations import explanation_of
from jobs.results.models import Result
from jobs.runs.models import Attempt, Connection, RunTarget
from jobs.runs.selectors import attempts_of, connections_of
from jobs.runs.states import TargetState
from jobs.web.raw_exchanges import RawExchange, raw_exchanges
from jobs.web.words import duration
from portal.core.explanations import Explanation

DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a story: `after` is how long after the one before, empty for the first."""

    word: str
    moment: datetime
    detail: str
    after: str


@dataclass(frozen=True, slots=True)
class AttemptStory:
    """One attempt: its steps, its failure in words, its connection and its raw exchanges.

    `waited` says how long the next attempt had to wait, `state` how this one ended (empty while it goes on).
    """

    attempt: Attempt
    steps: list[Step]
    explanation: Explanation | None
    waited: str
    state: str
    took: str
    connection: Connection | None
    exchanges: list[RawExchange]
    is_late: bool


def stories(target: RunTarget) -> list[AttemptStory]:
    """Return the story of each attempt, oldest first."""
    connections, results = connections_of(target), results_by_attempt(target)
    told: list[AttemptStory] = []
    before = target.queued_at
    for attempt in attempts_of(target):
        told.append(_story(attempt, connections.get(attempt.pk), results.get(attempt.pk, []), before))
        before = told[-1].steps[-1].moment
    return told


def _story(
    attempt: Attempt, connection: Connection | None, results: Sequence[Result], before: datetime
) -> AttemptStory:
    deferred = attempt.outcome == DEFERRED
    return AttemptStory(
        attempt=attempt,
        steps=_steps(attempt, connection, before),
        explanation=explanation_of(attempt.error_class) if attempt.error_class else None,
        waited=f"{attempt.retry_after_seconds:.0f} s" if attempt.retry_after_seconds is not None else "",
        state="" if deferred or attempt.outcome not in TargetState.values else attempt.outcome,
        took=duration(attempt.ended_at - attempt.claimed_at) if attempt.ended_at else "",
        connection=connection,
        exchanges=[each for one in results for each in raw_exchanges(unpack_exchanges(bytes(one.exchanges)))],
        is_late=any(result.is_late for result in results),
    )


def _steps(attempt: Attempt, connection: Connection | None, before: datetime) -> list[Step]:
    closed_by = f"by {connection.closed_by}: {connection.close_reason}" if connection else ""
    outcome = "another attempt is due" if attempt.outcome == DEFERRED else attempt.outcome
    moments = (
        ("Claimed", attempt.claimed_at, f"by {attempt.worker}, fence {attempt.fence}"),
        ("Connected", attempt.connected_at, f"as {connection.identity}" if connection else ""),
        ("About to send", attempt.intended_at, "committed before the cmdlet was sent"),
        ("Answered", attempt.answered_at, ""),
        ("Connection closed", connection.closed_at if connection else None, closed_by),
        ("Outcome stored", attempt.ended_at, outcome),
    )
    return _timed([(word, moment, detail) for word, moment, detail in moments if moment is not None], before)


def _timed(moments: Iterable[tuple[str, datetime, str]], before: datetime) -> list[Step]:
    steps = []
    for word, moment, detail in moments:
        steps.append(Step(word, moment, detail, duration(moment - before)))
        before = moment
    return steps


def attempts_in(told: Sequence[AttemptStory]) -> list[Attempt]:
    """Return the attempts of stories."""
    return [story.attempt for story in told]
