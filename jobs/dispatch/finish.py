"""Storing how attempts ended, each under its fence and with its event, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import connection
from django.utils import timezone

from jobs.dispatch.capabilities import keep_capabilities
from jobs.dispatch.claims import Key
from jobs.dispatch.findings import telling
from jobs.dispatch.finished import Finished
from jobs.dispatch.ledger import close_connections
from jobs.dispatch.limits import heed_limits
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.progress import event_data, step_outcome, store_ended_steps
from jobs.dispatch.story import Story
from jobs.dispatch.worker import worker_actor
from jobs.results.models import Result
from jobs.runs.models import Attempt, StepOutcome
from jobs.runs.states import TargetState
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.bulk import encoded, insert_rows, update_rows
from portal.core.text import storable
from tenants.consents.evidence import Sighting, sighting
from tenants.consents.services import note_consents
from tenants.organizations.services import (
    Finding,
    lock_in_order,
    note_compliance_hosts,
    note_environments,
    note_reachability,
)

END = """
UPDATE run_target SET state = ended.state, error_class = ended.error_class, error_code = ended.error_code,
    error_detail = ended.error_detail, row_count = ended.row_count, warning_count = ended.warning_count,
    strike_count = strike_count + ended.strikes, lease_until = NULL, changed_at = clock_timestamp(),
    finished_at = CASE WHEN ended.wait IS NULL THEN clock_timestamp() END,
    not_before = clock_timestamp() + ended.wait * interval '1 second'
FROM json_to_recordset(%s) AS ended(id uuid, fence bigint, state text, error_class text, error_code text,
    error_detail text, row_count int, warning_count int, wait float, strikes int)
WHERE run_target.id = ended.id AND run_target.fence = ended.fence AND run_target.state = 'running'
RETURNING run_target.id, run_target.fence
"""


def store(endings: Sequence[Finished]) -> list[bool]:
    """Store the endings in the present transaction; False where the lease was lost and the answer is evidence only."""
    store_ended_steps([item.story for item in endings])
    endings = heed_limits(endings)
    current = _end_targets(endings)
    before = _stored_before([item for item in endings if item.story.claimed.key not in current])
    _store([item for item in endings if item.story.claimed.attempt_id not in before], current)
    claims = [item.story.claimed for item in endings]
    return [claimed.key in current or claimed.attempt_id in before for claimed in claims]


def _stored_before(endings: Sequence[Finished]) -> set[UUID]:
    """Return the attempts whose ending was committed before, by a transaction whose answer was lost."""
    wanted = [item.story.claimed.attempt_id for item in endings]
    ended = Attempt.objects.filter(pk__in=wanted, ended_at__isnull=False).exclude(outcome="lost") if wanted else ()
    return {attempt.pk for attempt in ended}


def _store(endings: Sequence[Finished], current: Collection[Key]) -> None:
    _end_attempts(endings)
    close_connections([(item.story, item.ending) for item in endings])
    late = [item.story.claimed.key not in current for item in endings]
    insert_rows(_results(endings, late))
    insert_rows(_last_steps(endings, late))
    write(
        [
            *(_event(item, is_late=is_late) for item, is_late in zip(endings, late, strict=True)),
            *(
                _alarm(item.story, item.story.answered_by_another)
                for item in endings
                if item.story.answered_by_another is not None
            ),
        ]
    )
    in_time = [item.story for item, is_late in zip(endings, late, strict=True) if not is_late]
    _note_organizations([item.story for item in endings], telling(in_time))
    note_consents(actor=worker_actor(), sightings=_sightings(endings, late))
    keep_capabilities(
        (item.story, item.ending.error_class) for item, is_late in zip(endings, late, strict=True) if not is_late
    )


def _note_organizations(stories: Sequence[Story], findings: Mapping[UUID, Finding]) -> None:
    clouds = {each.claimed.organization_id: each.detected_environment for each in stories if each.detected_environment}
    hosts = {each.claimed.organization_id: each.compliance_host for each in stories if each.compliance_host}
    if clouds or hosts:
        lock_in_order([*findings, *clouds, *hosts])
    note_reachability(actor=worker_actor(), findings=findings)
    note_environments(clouds)
    note_compliance_hosts(hosts)


def _sightings(endings: Sequence[Finished], late: Sequence[bool]) -> list[Sighting]:
    """Return what the attempts show about the consents of their organizations."""
    shown = [
        sighting(
            organization_id=item.story.claimed.organization_id,
            application_id=item.story.application_id,
            permissions=item.story.permissions,
            error_class=item.ending.error_class,
            code=item.ending.code,
        )
        for item, is_late in zip(endings, late, strict=True)
        if not is_late
    ]
    return [each for each in shown if each]


def _end_targets(endings: Sequence[Finished]) -> set[Key]:
    ended = [
        {
            "id": item.story.claimed.run_target_id,
            "fence": item.story.claimed.fence,
            "state": _next_state(item.ending),
            "error_class": item.ending.error_class,
            "error_code": storable(item.ending.code, 100),
            "error_detail": storable(item.ending.detail),
            "row_count": len(item.answer.rows) if item.answer else None,
            "warning_count": len(item.answer.warnings) if item.answer else 0,
            "wait": item.ending.retry_in,
            "strikes": int(item.ending.counts),
        }
        for item in endings
    ]
    with connection.cursor() as cursor:
        cursor.execute(END, [encoded(ended)])
        return set(cursor.fetchall())


def _next_state(ending: Ending) -> TargetState:
    return ending.state if ending.retry_in is None else TargetState.QUEUED


def _end_attempts(endings: Sequence[Finished]) -> None:
    now = timezone.now()
    rows = [
        {
            "pk": item.story.claimed.attempt_id,
            "connected_at": item.story.connected_at,
            "answered_at": item.story.sending.answered_at,
            "ended_at": now,
            "outcome": item.ending.state.value if item.ending.retry_in is None else "deferred",
            "error_class": item.ending.error_class,
            "error_code": storable(item.ending.code, 100),
            "error_detail": storable(item.ending.detail),
            "request_id": storable(item.answer.request_id, 100) if item.answer else "",
            "server": storable(item.answer.server, 253) if item.answer else "",
            "retry_after_seconds": item.ending.retry_in,
        }
        for item in endings
    ]
    update_rows(Attempt, rows, only_where_empty="ended_at")


def _results(endings: Sequence[Finished], late: Sequence[bool]) -> list[Result]:
    results = []
    for item, is_late in zip(endings, late, strict=True):
        if item.result is not None:
            item.result.is_late = is_late
            results.append(item.result)
    return results


def _alarm(story: Story, domains: Sequence[str]) -> AuditEvent:
    return draft(
        AuditAction.CONNECTION_ANSWERED_BY_ANOTHER,
        actor=worker_actor(),
        target=story.as_object(),
        data={
            "on_behalf_of": story.claimed.requested_by,
            "connection": str(story.claimed.connection_id),
            "domains": [storable(domain, 253) for domain in domains[:20]],
        },
    )


def _last_steps(endings: Sequence[Finished], late: Sequence[bool]) -> list[StepOutcome]:
    """Return the outcomes of the steps with which targets of several steps ended."""
    return [
        step_outcome(item.story, item.story.sending, item.ending.of_step or item.ending)
        for item, is_late in zip(endings, late, strict=True)
        if item.story.has_steps and item.is_final and not is_late
    ]


def _event(item: Finished, *, is_late: bool) -> AuditEvent:
    story, ending = item.story, item.ending
    action = AuditAction.RUN_TARGET_ENDED if item.is_final else AuditAction.RUN_TARGET_DEFERRED
    return draft(
        AuditAction.LATE_ANSWER_KEPT if is_late else action,
        actor=worker_actor(),
        target=story.as_object(),
        data={
            **event_data(story, story.sending, ending, item.result),
            "retry_in_seconds": None if ending.retry_in is None else round(ending.retry_in),
        },
    )
