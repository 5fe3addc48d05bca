"""Storing how attempts ended, each under its fence and with its event, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils import timezone

from jobs.dispatch.capabilities import keep_capabilities
from jobs.dispatch.findings import telling
from jobs.dispatch.ledger import close_connections
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.story import Story
from jobs.dispatch.worker import worker_actor
from jobs.results.bodies import pack, pack_exchanges
from jobs.results.models import Result
from jobs.runs.models import Attempt
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
    lease_until = NULL, changed_at = clock_timestamp(),
    finished_at = CASE WHEN ended.wait IS NULL THEN clock_timestamp() END,
    not_before = clock_timestamp() + ended.wait * interval '1 second'
FROM json_to_recordset(%s) AS ended(id uuid, fence bigint, state text, error_class text, error_code text,
    error_detail text, row_count int, warning_count int, wait float)
WHERE run_target.id = ended.id AND run_target.fence = ended.fence AND run_target.state = 'running'
RETURNING run_target.id
"""


@dataclass(frozen=True, slots=True)
class Finished:
    """One attempt with its ending, and its rows already packed by the thread that fetched them."""

    story: Story
    ending: Ending
    result: Result | None


def finished(story: Story, ending: Ending) -> Finished:
    """Return an attempt ready to be stored."""
    return Finished(story, ending, _result(story))


def store(endings: Sequence[Finished]) -> list[bool]:
    """Store the endings in the present transaction; False where the lease was lost and the answer is evidence only."""
    current = _end_targets(endings)
    _end_attempts(endings)
    close_connections([(item.story, item.ending) for item in endings])
    late = [item.story.claimed.run_target_id not in current for item in endings]
    insert_rows(_results(endings, late))
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
    return [not is_late for is_late in late]


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


def _end_targets(endings: Sequence[Finished]) -> set[UUID]:
    ended = [
        {
            "id": item.story.claimed.run_target_id,
            "fence": item.story.claimed.fence,
            "state": _next_state(item.ending),
            "error_class": item.ending.error_class,
            "error_code": storable(item.ending.code, 100),
            "error_detail": storable(item.ending.detail),
            "row_count": len(item.story.answer.rows) if item.story.answer else None,
            "warning_count": len(item.story.answer.warnings) if item.story.answer else 0,
            "wait": item.ending.retry_in,
        }
        for item in endings
    ]
    with connection.cursor() as cursor:
        cursor.execute(END, [encoded(ended)])
        return {row[0] for row in cursor.fetchall()}


def _next_state(ending: Ending) -> TargetState:
    return ending.state if ending.retry_in is None else TargetState.QUEUED


def _end_attempts(endings: Sequence[Finished]) -> None:
    now = timezone.now()
    rows = [
        {
            "pk": item.story.claimed.attempt_id,
            "connected_at": item.story.connected_at,
            "answered_at": item.story.answered_at,
            "ended_at": now,
            "outcome": item.ending.state.value if item.ending.retry_in is None else "deferred",
            "error_class": item.ending.error_class,
            "error_code": storable(item.ending.code, 100),
            "error_detail": storable(item.ending.detail),
            "request_id": storable(item.story.answer.request_id, 100) if item.story.answer else "",
            "server": storable(item.story.answer.server, 253) if item.story.answer else "",
            "retry_after_seconds": item.ending.retry_in,
        }
        for item in endings
    ]
    update_rows(Attempt, rows, only_where_empty="ended_at")


def _result(story: Story) -> Result | None:
    answer = story.answer
    if answer is None and not story.exchanges:
        return None
    body = pack(answer.rows if answer else ())
    return Result(
        attempt_id=story.claimed.attempt_id,
        run_target_id=story.claimed.run_target_id,
        body=body.compressed,
        row_count=body.row_count,
        byte_count=body.byte_count,
        sha256=body.sha256,
        columns=[storable(column) for column in body.columns],
        warnings=[storable(warning) for warning in answer.warnings] if answer else [],
        errors=[storable(error.message) for error in answer.errors] if answer else [],
        exchanges=pack_exchanges(story.exchanges),
        duration_ms=answer.duration_ms if answer else 0,
        received_at=story.answered_at or timezone.now(),
    )


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


def _event(item: Finished, *, is_late: bool) -> AuditEvent:
    story, ending = item.story, item.ending
    action = AuditAction.RUN_TARGET_ENDED if ending.retry_in is None else AuditAction.RUN_TARGET_DEFERRED
    return draft(
        AuditAction.LATE_ANSWER_KEPT if is_late else action,
        actor=worker_actor(),
        target=story.as_object(),
        data={
            "cmdlet": story.claimed.cmdlet,
            "on_behalf_of": story.claimed.requested_by,
            "state": ending.state.value,
            "error_class": ending.error_class,
            "code": storable(ending.code, 100),
            "attempt": story.claimed.attempt_number,
            "fence": story.claimed.fence,
            "rows": len(story.answer.rows) if story.answer else 0,
            "result_sha256": item.result.sha256 if item.result else "",
            "request_id": storable(story.answer.request_id, 100) if story.answer else "",
            "retry_in_seconds": None if ending.retry_in is None else round(ending.retry_in),
        },
    )
