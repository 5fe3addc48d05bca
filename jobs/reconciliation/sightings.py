"""What readings saw: the objects that a reader showed, that there is none, or why it could not be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.exchange.refusals import OBJECT_NOT_FOUND
from jobs.reconciliation.identities import names_of
from jobs.results.bodies import unpack
from jobs.results.explanations import explanation_of
from jobs.results.models import Result
from jobs.runs.models import Attempt, RunTarget, StepOutcome
from jobs.runs.states import TargetState
from portal.core.explanations import Retry

_ABSENT = (OBJECT_NOT_FOUND.error_class,)
_NO_ENTRY = ("no existing permission entry", "usernotfoundinpermissionentry")
"""How Exchange says that somebody has no right at a folder."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one reading saw in one organization; `problem` is a sentence where it could not be read.

    `others` are all names of each person that was looked up, empty where Exchange knows nobody of that name.
    """

    rows: Sequence[Mapping[str, Any]] = ()
    others: Sequence[frozenset[str]] = ()
    looked_at: datetime | None = None
    request_id: str = ""
    problem: str = ""
    is_hopeless: bool = False


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: str
    error_class: str
    error_code: str
    error_detail: str
    asked_at: datetime | None


def sightings_of(readings: Sequence[RunTarget]) -> dict[UUID, Sighting]:
    """Return what each reading that has ended saw, by its id."""
    outcomes: dict[UUID, dict[int, _Outcome]] = {reading.pk: {} for reading in readings}
    for each in StepOutcome.objects.filter(run_target__in=readings):
        outcomes[each.run_target_id][each.step] = _outcome(each)
    for reading in readings:
        outcomes[reading.pk].setdefault(reading.step, _outcome(reading))
    results: dict[tuple[UUID, int], Result] = {
        (result.run_target_id, result.step): result
        for result in Result.objects.filter(run_target__in=readings, is_late=False)
        .select_related("attempt")
        .order_by("attempt__number")
    }
    asked = _intended_at(readings)
    return {each.pk: _sighting(each, outcomes[each.pk], results, asked) for each in readings}


def _outcome(ended: StepOutcome | RunTarget) -> _Outcome:
    asked_at = ended.intended_at if isinstance(ended, StepOutcome) else None
    return _Outcome(ended.state, ended.error_class, ended.error_code, ended.error_detail, asked_at)


def _intended_at(readings: Sequence[RunTarget]) -> dict[UUID, datetime]:
    """Return when each last asked, by the database's clock: what it saw may be as old as that."""
    asked = Attempt.objects.filter(run_target__in=readings, intended_at__isnull=False).order_by("fence")
    return {attempt.run_target_id: attempt.intended_at for attempt in asked if attempt.intended_at}


def _sighting(
    reading: RunTarget,
    outcomes: Mapping[int, _Outcome],
    results: Mapping[tuple[UUID, int], Result],
    intended_at: Mapping[UUID, datetime],
) -> Sighting:
    first, result = outcomes.get(1), results.get((reading.pk, 1))
    if first is None or not _was_seen(first):
        return _unread(first or _outcome(reading))
    later = range(2, reading.run.step_count + 1)
    return Sighting(
        rows=_rows(first, result),
        others=[_names(outcomes.get(step), results.get((reading.pk, step))) for step in later],
        looked_at=first.asked_at or intended_at.get(reading.pk),
        request_id=(result.attempt.request_id or result.attempt.client_request_id) if result else "",
    )


def _was_seen(outcome: _Outcome) -> bool:
    return outcome.state == TargetState.SUCCEEDED or _is_absent(outcome)


def _is_absent(outcome: _Outcome) -> bool:
    if outcome.state != TargetState.FAILED:
        return False
    text = f"{outcome.error_code} {outcome.error_detail}".lower()
    return outcome.error_class in _ABSENT or any(words in text for words in _NO_ENTRY)


def _rows(outcome: _Outcome, result: Result | None) -> list[dict[str, Any]]:
    return list(unpack(bytes(result.body))) if result and outcome.state == TargetState.SUCCEEDED else []


def _names(outcome: _Outcome | None, result: Result | None) -> frozenset[str]:
    rows = _rows(outcome, result) if outcome else []
    return frozenset[str]().union(*(names_of(row) for row in rows)) if len(rows) == 1 else frozenset()


def _unread(outcome: _Outcome) -> Sighting:
    """Say why nothing was seen; what no waiting mends is a person's."""
    explanation = explanation_of(outcome.error_class)
    if not outcome.error_class:
        return Sighting(problem=f"It could not be read back: the reading was {outcome.state}.")
    why = f"{explanation.title[:1].lower()}{explanation.title[1:]}. {explanation.fix}"
    return Sighting(
        problem=f"It could not be read back: {why}",
        is_hopeless=explanation.retry in (Retry.AFTER_FIX, Retry.NEVER),
    )
