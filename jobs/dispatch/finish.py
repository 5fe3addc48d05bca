"""Storing how an attempt ended, under its fence, with its event, in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from jobs.dispatch.claims import Claim
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.worker import heart, worker_actor, worker_name
from jobs.exchange.answer import Answer, Exchange
from jobs.results.bodies import pack, pack_exchanges
from jobs.results.models import Result
from jobs.runs.models import Attempt, Connection, RunTarget
from jobs.runs.states import TargetState
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.database import brief_transaction
from tenants.organizations.services import Finding, note_reachability


@dataclass(slots=True)
class Story:
    """What is known of an attempt while it goes on; times are aware UTC."""

    claimed: Claim
    connected_at: datetime | None = None
    intended_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    answer: Answer | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    finding: Finding | None = None

    def as_object(self) -> Object:
        """Return how audit events name the target."""
        return Object(
            "run target",
            str(self.claimed.run_target_id),
            self.claimed.organization_name,
            organization_id=self.claimed.organization_id,
            organization_name=self.claimed.organization_name,
            run_id=self.claimed.run_id,
        )


def store_ending(story: Story, ending: Ending) -> bool:
    """Store how the attempt ended; returns False when the lease was lost and the answer was kept as evidence only."""
    with brief_transaction():
        current = _end_target(story, ending)
        _end_attempt(story, ending)
        _store_result(story, is_late=not current)
        _record(story, ending, is_late=not current)
        if current and story.finding:
            note_reachability(
                actor=worker_actor(), organization_id=story.claimed.organization_id, finding=story.finding
            )
    if current and ending.retry_in is not None:
        heart.ring_in(ending.retry_in, story.claimed.run_target_id)
    return current


def close_connection(connection_id: UUID, *, closed_at: datetime, reason: str) -> None:
    """Write into the ledger that a connection was closed by this worker."""
    Connection.objects.filter(pk=connection_id, closed_at=None).update(
        closed_at=closed_at, closed_by=worker_name(), close_reason=reason[:200]
    )


def _end_target(story: Story, ending: Ending) -> bool:
    claimed = story.claimed
    mine = RunTarget.objects.filter(pk=claimed.run_target_id, fence=claimed.fence, state=TargetState.RUNNING)
    facts = {
        "error_class": ending.error_class,
        "error_code": ending.code,
        "error_detail": ending.detail,
        "lease_until": None,
        "changed_at": Now(),
    }
    if ending.retry_in is None:
        answer = story.answer
        return bool(
            mine.update(
                **facts,
                state=ending.state,
                finished_at=Now(),
                row_count=len(answer.rows) if answer else None,
                warning_count=len(answer.warnings) if answer else 0,
            )
        )
    wait = timedelta(seconds=ending.retry_in)
    return bool(mine.update(**facts, state=TargetState.QUEUED, not_before=Now() + wait))


def _end_attempt(story: Story, ending: Ending) -> None:
    answer = story.answer
    Attempt.objects.filter(pk=story.claimed.attempt_id).update(
        connected_at=story.connected_at,
        answered_at=story.answered_at,
        ended_at=Now(),
        outcome="deferred" if ending.retry_in is not None else ending.state,
        error_class=ending.error_class,
        error_code=ending.code,
        error_detail=ending.detail,
        request_id=answer.request_id if answer else "",
        server=answer.server if answer else "",
        retry_after_seconds=ending.retry_in,
    )
    if story.closed_at is not None:
        close_connection(story.claimed.connection_id, closed_at=story.closed_at, reason=story.close_reason)


def _store_result(story: Story, *, is_late: bool) -> None:
    answer = story.answer
    if answer is None and not story.exchanges:
        return
    body = pack(answer.rows if answer else ())
    Result.objects.create(
        attempt_id=story.claimed.attempt_id,
        run_target_id=story.claimed.run_target_id,
        is_late=is_late,
        body=body.compressed,
        row_count=body.row_count,
        byte_count=body.byte_count,
        sha256=body.sha256,
        columns=body.columns,
        warnings=list(answer.warnings) if answer else [],
        errors=[error.message for error in answer.errors] if answer else [],
        exchanges=pack_exchanges(story.exchanges),
        duration_ms=answer.duration_ms if answer else 0,
        received_at=story.answered_at or timezone.now(),
    )


def _record(story: Story, ending: Ending, *, is_late: bool) -> None:
    action = AuditAction.RUN_TARGET_ENDED
    if is_late:
        action = AuditAction.LATE_ANSWER_KEPT
    elif ending.retry_in is not None:
        action = AuditAction.RUN_TARGET_DEFERRED
    record(
        action,
        actor=worker_actor(),
        target=story.as_object(),
        data={
            "state": ending.state.value,
            "error_class": ending.error_class,
            "code": ending.code,
            "attempt": story.claimed.attempt_number,
            "fence": story.claimed.fence,
            "rows": len(story.answer.rows) if story.answer else 0,
            "request_id": story.answer.request_id if story.answer else "",
            "retry_in_seconds": None if ending.retry_in is None else round(ending.retry_in),
        },
    )
