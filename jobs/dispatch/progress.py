"""Storing the steps that ended, of plans of several steps, each under its fence and with its event."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from jobs.dispatch.claims import Key
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.story import EndedStep, Sending, Story
from jobs.dispatch.worker import worker_actor
from jobs.results.bodies import pack, pack_exchanges
from jobs.results.models import Result
from jobs.runs.models import StepOutcome
from jobs.runs.states import TargetState
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.text import storable

# The intent was for the step that ended: nothing of the next has been sent. A target that is behind that step already
# was advanced by a transaction whose answer was lost.
ADVANCE = """
UPDATE run_target SET step = ended.step + 1, intent_fence = NULL, changed_at = clock_timestamp()
FROM unnest(%(ids)s::uuid[], %(fences)s::bigint[], %(steps)s::int[]) AS ended(id, fence, step)
WHERE run_target.id = ended.id AND run_target.fence = ended.fence AND run_target.state = 'running'
    AND run_target.step <= ended.step
RETURNING run_target.id, run_target.fence
"""


def store_ended_steps(stories: Sequence[Story]) -> None:
    """Store every step of these attempts that has ended and is not stored yet, in the present transaction.

    Where the lease was lost its answer is kept as evidence and changes nothing. What a transaction stored whose answer
    was lost is left as it is.
    """
    unstored = [story for story in stories if story.ended]
    if not unstored:
        return
    current = _advance(unstored)
    before = _stored_before([story for story in unstored if story.claimed.key not in current])
    steps = [
        (story, ended)
        for story in unstored
        for ended in story.ended
        if (story.claimed.attempt_id, ended.sending.position) not in before
    ]
    outcomes = [
        step_outcome(story, ended.sending, ended.ending) for story, ended in steps if story.claimed.key in current
    ]
    StepOutcome.objects.bulk_create(outcomes, ignore_conflicts=True)
    results = [(story, ended, result_of(story, ended.sending)) for story, ended in steps]
    kept = [_in_time(result, story, current) for story, _, result in results if result]
    Result.objects.bulk_create(kept, ignore_conflicts=True)
    write([_event(story, ended, result, current) for story, ended, result in results])


def forget_ended_steps(stories: Sequence[Story]) -> None:
    """Note that what `store_ended_steps` stored has been committed."""
    for story in stories:
        story.ended.clear()


def step_outcome(story: Story, sending: Sending, ending: Ending) -> StepOutcome:
    """Return how one step of several ended, as a row."""
    answer = sending.answer
    return StepOutcome(
        run_target_id=story.claimed.run_target_id,
        step=sending.position,
        attempt_id=story.claimed.attempt_id,
        state=ending.state,
        error_class=ending.error_class,
        error_code=storable(ending.code, 100),
        error_detail=storable(ending.detail),
        row_count=len(answer.rows) if answer else None,
        warning_count=len(answer.warnings) if answer else 0,
        intended_at=sending.intended_at,
        ended_at=sending.answered_at or timezone.now(),
    )


def result_of(story: Story, sending: Sending) -> Result | None:
    """Return what came back for a step, packed; None where nothing went over the wire."""
    answer = sending.answer
    if answer is None and not sending.exchanges:
        return None
    body = pack(answer.rows if answer else ())
    return Result(
        attempt_id=story.claimed.attempt_id,
        run_target_id=story.claimed.run_target_id,
        step=sending.position,
        body=body.compressed,
        row_count=body.row_count,
        byte_count=body.byte_count,
        sha256=body.sha256,
        columns=[storable(column) for column in body.columns],
        warnings=[storable(warning) for warning in answer.warnings] if answer else [],
        errors=[storable(error.message) for error in answer.errors] if answer else [],
        exchanges=pack_exchanges(sending.exchanges),
        duration_ms=answer.duration_ms if answer else 0,
        received_at=sending.answered_at or timezone.now(),
    )


def event_data(story: Story, sending: Sending, ending: Ending, result: Result | None) -> Mapping[str, Any]:
    """Return what the event of an ended step or target says."""
    answer = sending.answer
    return {
        **story.told(sending),
        "state": ending.state.value,
        "error_class": ending.error_class,
        "code": storable(ending.code, 100),
        "attempt": story.claimed.attempt_number,
        "fence": story.claimed.fence,
        "rows": len(answer.rows) if answer else 0,
        "result_sha256": result.sha256 if result else "",
        "request_id": storable(answer.request_id, 100) if answer else "",
    }


def _advance(stories: Sequence[Story]) -> set[Key]:
    asked: dict[str, Any] = {
        "ids": [story.claimed.run_target_id for story in stories],
        "fences": [story.claimed.fence for story in stories],
        "steps": [story.ended[-1].sending.position for story in stories],
    }
    with connection.cursor() as cursor:
        cursor.execute(ADVANCE, asked)
        return set(cursor.fetchall())


def _stored_before(stories: Sequence[Story]) -> set[tuple[UUID, int]]:
    """Return the steps of these attempts that are stored, by attempt and number."""
    if not stories:
        return set()
    attempts = [story.claimed.attempt_id for story in stories]
    # An unknown one is the sweeper's word for a step whose answer had not come.
    outcomes = StepOutcome.objects.filter(attempt__in=attempts).exclude(state=TargetState.UNKNOWN)
    results = Result.objects.filter(attempt__in=attempts)
    return {*outcomes.values_list("attempt_id", "step"), *results.values_list("attempt_id", "step")}


def _in_time(result: Result, story: Story, current: Collection[Key]) -> Result:
    result.is_late = story.claimed.key not in current
    return result


def _event(story: Story, ended: EndedStep, result: Result | None, current: Collection[Key]) -> AuditEvent:
    is_late = story.claimed.key not in current
    return draft(
        AuditAction.LATE_ANSWER_KEPT if is_late else AuditAction.RUN_TARGET_STEP_ENDED,
        actor=worker_actor(),
        target=story.as_object(),
        data=event_data(story, ended.sending, ended.ending, result),
    )
