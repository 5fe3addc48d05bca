"""Claims: who works on a target, for how long, and under which fence."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from jobs.dispatch.worker import worker_name
from jobs.runs.models import Attempt


@dataclass(frozen=True, slots=True)
class Claim:
    """A target that is ours until its lease ends; every later write carries the fence."""

    run_target_id: UUID
    run_id: UUID
    organization_id: UUID
    organization_name: str
    fence: int
    attempt_id: UUID
    attempt_number: int
    claimed_at: datetime
    connection_id: UUID
    age_seconds: float


CLAIM = """
UPDATE run_target SET state = 'running', fence = fence + 1, attempt_count = attempt_count + 1, lease_owner = %(worker)s,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second', not_before = NULL,
    started_at = COALESCE(started_at, clock_timestamp()), changed_at = clock_timestamp()
WHERE id = %(id)s AND state = 'queued' AND (not_before IS NULL OR not_before <= clock_timestamp())
    AND EXISTS (SELECT 1 FROM run WHERE run.id = run_target.run_id AND run.state = 'running'
                AND run.cancel_requested_at IS NULL)
RETURNING run_id, organization_id, organization_name, fence, attempt_count, changed_at,
    EXTRACT(EPOCH FROM changed_at - started_at)::float
"""

INTEND = """
UPDATE run_target SET intent_fence = fence, changed_at = clock_timestamp()
WHERE id = %(id)s AND fence = %(fence)s AND state = 'running' AND lease_until > clock_timestamp()
    AND EXISTS (SELECT 1 FROM run WHERE run.id = run_target.run_id AND run.cancel_requested_at IS NULL)
RETURNING changed_at
"""


def claim(run_target_id: UUID, *, lease_seconds: int) -> Claim | None:
    """Claim a due target of a running run, in the present transaction; None when it is not due or somebody has it."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"id": run_target_id, "worker": worker_name(), "lease": lease_seconds})
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        return None
    run_id, organization_id, organization_name, fence, number, now, age = row
    attempt = Attempt(run_target_id=run_target_id, number=number, fence=fence, worker=worker_name(), claimed_at=now)
    attempt.save(force_insert=True)
    return Claim(
        run_target_id, run_id, organization_id, organization_name, fence, attempt.pk, number, now, uuid.uuid4(), age
    )


def intend(claimed: Claim) -> datetime | None:
    """Commit to sending: returns the time of the intent, or None when the claim was lost or the run was stopped."""
    with connection.cursor() as cursor:
        cursor.execute(INTEND, {"id": claimed.run_target_id, "fence": claimed.fence})
        row: tuple[datetime] | None = cursor.fetchone()
    return row[0] if row else None
