"""Intent before effect: "about to send" is committed before the first byte of a cmdlet leaves."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models.functions import Now

from jobs.dispatch.claims import intend_to_send
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import worker_actor
from jobs.runs.models import Attempt, Run, RunTarget
from jobs.runs.states import TargetState
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.bulk import update_rows


class NotSent(StrEnum):
    """Why a cmdlet must not be sent."""

    STOPPED = "stopped"
    LEASE_LOST = "lease lost"


def intend(sendings: Sequence[tuple[Story, Way]]) -> list[datetime | NotSent]:
    """Record the intent of each sending, in the present transaction; or say why it must not be sent."""
    intended = intend_to_send([story.claimed for story, _ in sendings])
    going = [(story, way) for story, way in sendings if story.claimed.run_target_id in intended]
    rows = [
        {
            "pk": story.claimed.attempt_id,
            "intended_at": intended[story.claimed.run_target_id],
            "client_request_id": story.client_request_id,
        }
        for story, _ in going
    ]
    update_rows(Attempt, rows)
    write([_event(story, way) for story, way in going])
    refused = [story for story, _ in sendings if story.claimed.run_target_id not in intended]
    reasons = _reasons(refused)
    return [intended.get(story.claimed.run_target_id) or reasons[story.claimed.run_target_id] for story, _ in sendings]


def may_still_send(stories: Sequence[Story]) -> list[NotSent | None]:
    """Say, before a cmdlet that was announced goes over the wire once more, why it must not; None where it may."""
    wanted = [story.claimed.run_target_id for story in stories]
    leased = RunTarget.objects.filter(
        pk__in=wanted, state=TargetState.RUNNING, lease_until__gt=Now(), run__cancel_requested_at=None
    )
    fences = dict(leased.values_list("pk", "fence"))
    refused = [story for story in stories if fences.get(story.claimed.run_target_id) != story.claimed.fence]
    reasons = _reasons(refused)
    return [reasons.get(story.claimed.run_target_id) for story in stories]


def _reasons(refused: Sequence[Story]) -> dict[UUID, NotSent]:
    runs = {story.claimed.run_id for story in refused}
    stopped = set(Run.objects.filter(pk__in=runs, cancel_requested_at__isnull=False).values_list("pk", flat=True))
    return {
        story.claimed.run_target_id: NotSent.STOPPED if story.claimed.run_id in stopped else NotSent.LEASE_LOST
        for story in refused
    }


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
            "cmdlet": story.claimed.cmdlet,
            "on_behalf_of": story.claimed.requested_by,
            "plan_hash": way.plan.plan_hash,
            "attempt": story.claimed.attempt_number,
            "fence": story.claimed.fence,
            "connection": str(story.claimed.connection_id),
            "client_request_id": story.client_request_id,
        },
    )
