"""Claims: who works on a target, for how long, under which fence; which targets come next is decided here.

A claim takes the fairest of all that is due, within every limit, in one statement over many targets; claims of all
workers come one after the other, so that limits are exact.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from jobs.dispatch.worker import worker_name
from jobs.runs.models import Attempt
from jobs.runs.plans import PLAN_VERSION
from jobs.throttling.decisions import MOST_SLOTS
from portal.core.bulk import insert_rows
from portal.core.identifiers import uuid7

Key = tuple[UUID, int]
"""A target and the fence under which it was claimed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A target that is ours until its lease ends; every later write carries the fence.

    `step` is the step to go on with, counted from 1, and `has_failed_steps` says that one before it failed; `strikes`
    counts earlier attempts that something disturbed;
    `age_seconds` is the time since the first attempt at the target began.
    """

    run_target_id: UUID
    run_id: UUID
    organization_id: UUID
    organization_name: str
    identity: str
    fence: int
    step: int
    strikes: int
    has_failed_steps: bool
    attempt_id: UUID
    attempt_number: int
    claimed_at: datetime
    connection_id: UUID
    age_seconds: float
    cmdlet: str
    requested_by: str
    requested_by_id: str

    @property
    def key(self) -> Key:
        """The target and the fence: one process may hold a target and, without knowing it, have lost it before."""
        return self.run_target_id, self.fence


# Whoever stands still while it is his turn, as a stopped process does, loses it after 10 s.
ONE_AFTER_THE_OTHER = """
SELECT set_config('idle_in_transaction_session_timeout', '10s', true), pg_advisory_xact_lock(%s)
"""
_CLAIM_LOCK = 7_423_105

# `due` takes from each run the first that may go, leaving out organizations that are full. The next target of a run
# comes the sooner the fewer of it are in flight for its share. Rows that another transaction has locked are skipped, as
# whoever waits for a target while holding others can be in a circle; the sweeper rings again for what was skipped.
# Organizations whose gate is closed are left alone; one that throttled lately gets as many as its gate has slots. What
# is in flight in an organization is so in one worker process, where a `Retry-After` holds for all of it at once. An
# identity that is refused tokens pauses, and then tries with one target at a time. Targets of one that pauses, or has
# as many in flight as it may, do not stand in the way of other identities behind them.
CLAIM = """
WITH in_flight AS MATERIALIZED (
    SELECT run_target.run_id, run_target.organization_id, run_target.identity, run.effect = 'read' AS reads,
        run_target.lease_owner
    FROM run_target JOIN run ON run.id = run_target.run_id
    WHERE run_target.state = 'running'),
by_run AS (SELECT run_id, count(*) AS number FROM in_flight GROUP BY run_id),
by_identity AS (SELECT identity, count(*) AS number FROM in_flight GROUP BY identity),
by_organization AS (SELECT organization_id, reads, count(*) AS number FROM in_flight GROUP BY organization_id, reads),
there_now AS (SELECT organization_id, count(*) AS number FROM in_flight GROUP BY organization_id),
left_alone AS MATERIALIZED (
    SELECT gate.organization_id FROM organization_gate AS gate LEFT JOIN there_now USING (organization_id)
    WHERE gate.closed_until > statement_timestamp()
        OR (gate.slots < %(every_slot)s AND there_now.number + 1 > gate.slots)
    UNION SELECT organization_id FROM in_flight WHERE lease_owner <> %(worker)s),
paused AS MATERIALIZED (
    SELECT breaker.key FROM identity_breaker AS breaker
    WHERE breaker.opened_at IS NOT NULL AND (breaker.closed_until > statement_timestamp() OR EXISTS (
        SELECT FROM run_target
        JOIN attempt ON attempt.run_target_id = run_target.id AND attempt.fence = run_target.fence
        WHERE run_target.state = 'running' AND run_target.identity = breaker.key
            AND attempt.claimed_at > breaker.paused_at))
    UNION SELECT identity FROM by_identity LEFT JOIN identity_pace AS pace ON pace.key = identity
    WHERE by_identity.number >= LEAST(%(of_identity)s, pace.slots)),
due AS MATERIALIZED (
    SELECT waiting.*, run.id AS run_id, run.share, run.launched_at, run.effect = 'read' AS reads,
        CASE WHEN run.effect = 'read' THEN %(reads)s ELSE %(writes)s END AS most_there,
        row_number() OVER (PARTITION BY run.id ORDER BY waiting.position) AS turn
    FROM run CROSS JOIN LATERAL (
        SELECT run_target.id, run_target.organization_id, run_target.identity, run_target.position
        FROM run_target
        WHERE run_target.run_id = run.id AND run_target.state = 'queued'
            AND (run_target.not_before IS NULL OR run_target.not_before <= statement_timestamp())
            AND run_target.organization_id NOT IN (SELECT organization_id FROM left_alone)
            AND run_target.identity NOT IN (SELECT key FROM paused)
            AND NOT EXISTS (SELECT FROM by_organization AS there
                WHERE there.organization_id = run_target.organization_id AND there.reads = (run.effect = 'read')
                    AND there.number >= CASE WHEN run.effect = 'read' THEN %(reads)s ELSE %(writes)s END)
        ORDER BY run_target.position LIMIT %(most)s) AS waiting
    WHERE run.state = 'running' AND run.cancel_requested_at IS NULL AND run.plan_version <= %(version)s
        AND NOT EXISTS (SELECT FROM global_stop WHERE lifted_at IS NULL)),
fair AS (
    SELECT due.*, (COALESCE(by_run.number, 0) + due.turn)::float / due.share AS place
    FROM due LEFT JOIN by_run USING (run_id)),
ranked AS (
    SELECT fair.id, fair.place, fair.launched_at, fair.most_there,
        COALESCE(there.number, 0) + row_number() OVER (
            PARTITION BY fair.organization_id, fair.reads ORDER BY fair.place, fair.launched_at) AS nth_there,
        COALESCE(by_identity.number, 0) + row_number() OVER (
            PARTITION BY fair.identity ORDER BY fair.place, fair.launched_at) AS nth_of_identity,
        row_number() OVER (PARTITION BY fair.identity ORDER BY fair.place, fair.launched_at) AS turn_of_identity,
        breaker.opened_at IS NOT NULL AS is_probe,
        COALESCE(pace.slots, %(of_identity)s) AS slots_of_identity,
        gate.slots < %(every_slot)s AND COALESCE(there_now.number, 0) + row_number() OVER (
            PARTITION BY fair.organization_id ORDER BY fair.place, fair.launched_at) > gate.slots AS is_too_many
    FROM fair LEFT JOIN by_organization AS there USING (organization_id, reads) LEFT JOIN by_identity USING (identity)
        LEFT JOIN there_now USING (organization_id) LEFT JOIN organization_gate AS gate USING (organization_id)
        LEFT JOIN identity_breaker AS breaker ON breaker.key = fair.identity
        LEFT JOIN identity_pace AS pace ON pace.key = fair.identity),
chosen AS (
    SELECT id FROM ranked WHERE nth_there <= most_there AND nth_of_identity <= LEAST(%(of_identity)s, slots_of_identity)
        AND is_too_many IS NOT TRUE AND (turn_of_identity = 1 OR NOT is_probe)
    ORDER BY place, launched_at
    LIMIT LEAST(%(most)s, GREATEST(0, %(everywhere)s - (SELECT count(*) FROM in_flight)))),
mine AS (
    SELECT id FROM run_target WHERE id IN (SELECT id FROM chosen) AND state = 'queued' FOR UPDATE SKIP LOCKED)
UPDATE run_target SET state = 'running', fence = fence + 1, attempt_count = attempt_count + 1, lease_owner = %(worker)s,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second', not_before = NULL,
    started_at = COALESCE(run_target.started_at, clock_timestamp()), changed_at = clock_timestamp()
FROM mine, run
WHERE run_target.id = mine.id AND run.id = run_target.run_id
RETURNING run_target.id, run_target.run_id, organization_id, organization_name, identity, fence, step, strike_count,
    step > 1 AND EXISTS (SELECT FROM step_outcome AS earlier
        WHERE earlier.run_target_id = run_target.id AND earlier.state <> 'succeeded'),
    attempt_count, changed_at, EXTRACT(EPOCH FROM changed_at - run_target.started_at)::float, run.cmdlet,
    run.requested_by, run.requested_by_id
"""


def claim_targets(number: int) -> list[Claim]:
    """Claim up to `number` targets, the fairest first, in the present transaction; each gets a new attempt."""
    asked: dict[str, Any] = {
        "most": number,
        "reads": settings.ORGANIZATION_READS,
        "writes": settings.ORGANIZATION_WRITES,
        "of_identity": settings.IDENTITY_IN_FLIGHT,
        "everywhere": settings.MOST_IN_FLIGHT,
        "every_slot": MOST_SLOTS,
        "version": PLAN_VERSION,
        "worker": worker_name(),
        "lease": settings.LEASE_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(ONE_AFTER_THE_OTHER, [_CLAIM_LOCK])
        cursor.execute(CLAIM, asked)
        rows = cursor.fetchall()
    claims = [
        Claim(
            run_target_id=row[0],
            run_id=row[1],
            organization_id=row[2],
            organization_name=row[3],
            identity=row[4],
            fence=row[5],
            step=row[6],
            strikes=row[7],
            has_failed_steps=row[8],
            attempt_id=uuid7(),
            attempt_number=row[9],
            claimed_at=row[10],
            connection_id=uuid.uuid4(),
            age_seconds=row[11],
            cmdlet=row[12],
            requested_by=row[13],
            requested_by_id=row[14],
        )
        for row in rows
    ]
    insert_rows(
        [
            Attempt(
                id=claim.attempt_id,
                run_target_id=claim.run_target_id,
                number=claim.attempt_number,
                fence=claim.fence,
                worker=worker_name(),
                claimed_at=claim.claimed_at,
            )
            for claim in claims
        ]
    )
    return claims
