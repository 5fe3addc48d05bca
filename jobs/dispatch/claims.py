"""Claims and intents: who works on a target, for how long, under which fence, and the promise before sending.

Both work on many targets at once, in the present transaction.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from jobs.dispatch.worker import worker_name
from jobs.runs.models import Attempt
from portal.core.identifiers import uuid7


@dataclass(frozen=True, slots=True)
class Claim:
    """A target that is ours until its lease ends; every later write carries the fence.

    `age_seconds` is the time since the first attempt at the target began.
    """

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
    cmdlet: str
    requested_by: str
    requested_by_id: str


# Skips what another transaction has locked, as whoever waits for a target while holding others can be in a circle.
# The sweeper rings again for a target that was skipped.
CLAIM = """
WITH due AS (
    SELECT run_target.id FROM run_target JOIN run ON run.id = run_target.run_id
    WHERE run_target.id = ANY(%(ids)s) AND run_target.state = 'queued'
        AND (not_before IS NULL OR not_before <= clock_timestamp())
        AND run.state = 'running' AND run.cancel_requested_at IS NULL
    FOR UPDATE OF run_target SKIP LOCKED)
UPDATE run_target SET state = 'running', fence = fence + 1, attempt_count = attempt_count + 1, lease_owner = %(worker)s,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second', not_before = NULL,
    started_at = COALESCE(run_target.started_at, clock_timestamp()), changed_at = clock_timestamp()
FROM due, run
WHERE run_target.id = due.id AND run.id = run_target.run_id
RETURNING run_target.id, run_id, organization_id, organization_name, fence, attempt_count, changed_at,
    EXTRACT(EPOCH FROM changed_at - run_target.started_at)::float, run.cmdlet, run.requested_by,
    run.requested_by_id
"""

INTEND = """
UPDATE run_target SET intent_fence = run_target.fence, changed_at = clock_timestamp()
FROM unnest(%(ids)s::uuid[], %(fences)s::bigint[]) AS mine(id, fence), run
WHERE run_target.id = mine.id AND run_target.fence = mine.fence AND run_target.state = 'running'
    AND run_target.lease_until > clock_timestamp() AND run.id = run_target.run_id AND run.cancel_requested_at IS NULL
RETURNING run_target.id, run_target.changed_at
"""


def claim_targets(run_target_ids: Sequence[UUID]) -> dict[UUID, Claim]:
    """Claim those targets that are due, of running runs, and that nobody has; each gets a new attempt."""
    asked: dict[str, Any] = {"ids": list(run_target_ids), "worker": worker_name(), "lease": settings.LEASE_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, asked)
        rows = cursor.fetchall()
    claims = {
        row[0]: Claim(
            run_target_id=row[0],
            run_id=row[1],
            organization_id=row[2],
            organization_name=row[3],
            fence=row[4],
            attempt_id=uuid7(),
            attempt_number=row[5],
            claimed_at=row[6],
            connection_id=uuid.uuid4(),
            age_seconds=row[7],
            cmdlet=row[8],
            requested_by=row[9],
            requested_by_id=row[10],
        )
        for row in rows
    }
    Attempt.objects.bulk_create(
        Attempt(
            id=claim.attempt_id,
            run_target_id=claim.run_target_id,
            number=claim.attempt_number,
            fence=claim.fence,
            worker=worker_name(),
            claimed_at=claim.claimed_at,
        )
        for claim in claims.values()
    )
    return claims


def intend_to_send(claims: Sequence[Claim]) -> dict[UUID, datetime]:
    """Promise to send for those claims that still hold and whose run was not stopped; returns when, by target."""
    asked: dict[str, Any] = {
        "ids": [claim.run_target_id for claim in claims],
        "fences": [claim.fence for claim in claims],
    }
    with connection.cursor() as cursor:
        cursor.execute(INTEND, asked)
        return dict(cursor.fetchall())
