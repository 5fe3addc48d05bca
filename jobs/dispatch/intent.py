"""Intent before effect: "about to send" is committed before the first byte of a cmdlet leaves."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from jobs.dispatch.allowed import denials
from jobs.dispatch.claims import Key
from jobs.dispatch.progress import store_ended_steps
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import worker_actor
from jobs.global_stop.models import GlobalStop
from jobs.runs import machine
from jobs.runs.machine import Facts, NotSent
from jobs.runs.models import RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.throttling.gates import heed_gates, throttling_gates
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.bulk import encoded

INTEND = """
WITH mine AS (
    SELECT * FROM json_to_recordset(%s)
        AS mine(id uuid, fence bigint, step int, attempt_id uuid, client_request_id text)),
intended AS (
    UPDATE run_target SET intent_fence = run_target.fence, changed_at = clock_timestamp()
    FROM mine, run, organization
    WHERE run_target.id = mine.id AND run_target.fence = mine.fence AND run_target.step = mine.step
        AND run_target.state = 'running' AND run_target.lease_until > clock_timestamp()
        AND run.id = run_target.run_id AND run.state = 'running' AND run.cancel_requested_at IS NULL
        AND organization.id = run_target.organization_id AND organization.vanished_at IS NULL
        AND NOT EXISTS (SELECT FROM global_stop WHERE lifted_at IS NULL)
        AND NOT EXISTS (SELECT FROM organization_gate AS gate WHERE gate.organization_id = run_target.organization_id
            AND gate.closed_until > clock_timestamp() AND gate.reason <> 'failing')
    RETURNING run_target.id, run_target.fence, run_target.changed_at),
noted AS (
    UPDATE attempt SET intended_at = intended.changed_at, client_request_id = mine.client_request_id
    FROM mine JOIN intended USING (id, fence)
    WHERE attempt.id = mine.attempt_id)
SELECT intended.id, intended.fence, intended.changed_at, attempt.client_request_id = mine.client_request_id
FROM intended JOIN mine USING (id, fence) JOIN attempt ON attempt.id = mine.attempt_id
"""
"""Returns the moment of each intent, and whether that intent is there since a transaction whose answer was lost."""


class _Intent(NamedTuple):
    moment: datetime
    is_recorded: bool


def intend(sendings: Sequence[tuple[Story, Way]]) -> list[datetime | NotSent]:
    """Record the intent of each sending, in the present transaction; or say why it must not be sent.

    The steps before it that have ended are stored with it, also where the next must not be sent. Nothing is recorded
    twice when it is asked again because the answer of the transaction was lost.
    """
    store_ended_steps([story for story, _ in sendings])
    checked_at = time.monotonic()
    denied = _denied([story for story, _ in sendings])
    intended = _intend_to_send([story for story, _ in sendings if story.claimed.key not in denied])
    going = [(story, way) for story, way in sendings if story.claimed.key in intended]
    for story, _ in going:
        story.sending.checked_at = checked_at
    write([_event(story, way) for story, way in going if not intended[story.claimed.key].is_recorded])
    reasons = _reasons([story for story, _ in sendings if story.claimed.key not in intended])
    return [
        intended[key].moment if key in intended else reasons[key]
        for key in (story.claimed.key for story, _ in sendings)
    ]


def may_still_send(stories: Sequence[Story]) -> list[NotSent | None]:
    """Say, before a cmdlet that was announced goes over the wire once more, why it must not; None where it may."""
    checked_at = time.monotonic()
    leased = RunTarget.objects.filter(
        ~Exists(GlobalStop.objects.filter(lifted_at=None)),
        ~Exists(throttling_gates().filter(organization=OuterRef("organization"))),
        pk__in=[story.claimed.run_target_id for story in stories],
        state=TargetState.RUNNING,
        lease_until__gt=Now(),
        run__state=RunState.RUNNING,
        run__cancel_requested_at=None,
        organization__vanished_at=None,
    )
    denied = _denied(stories)
    fences = dict(leased.values_list("pk", "fence"))
    refused = [
        story
        for story in stories
        if fences.get(story.claimed.run_target_id) != story.claimed.fence or story.claimed.key in denied
    ]
    reasons = _reasons(refused)
    for story in stories:
        story.sending.checked_at = checked_at
    return [reasons.get(story.claimed.key) for story in stories]


def _denied(stories: Sequence[Story]) -> set[Key]:
    """Return those that are not allowed at this moment, and leave word in their stories why."""
    denied = denials((story.claimed, story.way.plan) for story in stories if story.way)
    for story in stories:
        story.denial = denied.get(story.claimed.key)
    return set(denied)


def _intend_to_send(stories: Sequence[Story]) -> dict[Key, _Intent]:
    asked = [
        {
            "id": story.claimed.run_target_id,
            "fence": story.claimed.fence,
            "step": story.sending.position,
            "attempt_id": story.claimed.attempt_id,
            "client_request_id": story.sending.client_request_id,
        }
        for story in stories
    ]
    with connection.cursor() as cursor:
        cursor.execute(INTEND, [encoded(asked)])
        return {(run_target_id, fence): _Intent(*told) for run_target_id, fence, *told in cursor.fetchall()}


def _reasons(refused: Sequence[Story]) -> dict[Key, NotSent]:
    if not refused:
        return {}
    stopped = GlobalStop.objects.filter(lifted_at=None).exists()
    throttling = heed_gates([story.claimed.organization_id for story in refused])
    wanted = [story.claimed.run_target_id for story in refused]
    targets = RunTarget.objects.select_related("run", "organization").defer("run__plan").in_bulk(wanted)
    return {
        story.claimed.key: _reason(
            story,
            targets[story.claimed.run_target_id],
            stopped=stopped,
            throttles=story.claimed.organization_id in throttling,
        )
        for story in refused
    }


def _reason(story: Story, target: RunTarget, *, stopped: bool, throttles: bool) -> NotSent:
    facts = Facts(
        run=RunState(target.run.state),
        cancelled=target.run.cancel_requested_at is not None,
        stopped=stopped,
        vanished=target.organization.vanished_at is not None,
        denied=story.denial is not None,
        throttles=throttles,
    )
    refusal = machine.intend(target.standing, facts, fence=story.claimed.fence, step=story.sending.position)
    # What held it back may be over by now, or the lease ran out: both are tried again.
    return refusal if isinstance(refusal, NotSent) else NotSent.LEASE_LOST


def note_probes(probes: Sequence[tuple[Story, str, str]]) -> list[None]:
    """Record that a diagnosing read (story, cmdlet, client request id) is about to be sent while opening."""
    write(
        [
            draft(
                AuditAction.CONNECTION_PROBED,
                actor=worker_actor(),
                target=story.as_object(),
                data={
                    "cmdlet": cmdlet,
                    "client_request_id": client_request_id,
                    "connection": str(story.claimed.connection_id),
                },
            )
            for story, cmdlet, client_request_id in probes
        ]
    )
    return [None for _ in probes]


def _event(story: Story, way: Way) -> AuditEvent:
    return draft(
        AuditAction.CMDLET_INTENDED,
        actor=worker_actor(),
        target=story.as_object(),
        data={
            **story.told(story.sending),
            "plan_hash": way.plan.plan_hash,
            "attempt": story.claimed.attempt_number,
            "fence": story.claimed.fence,
            "connection": str(story.claimed.connection_id),
            "client_request_id": story.sending.client_request_id,
        },
    )
