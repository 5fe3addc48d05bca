"""Intent before effect: "about to send" is committed before the first byte of a cmdlet leaves."""

from collections.abc import Sequence
from datetime import datetime

from jobs.dispatch.claims import intend_to_send
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import worker_actor
from jobs.runs.models import Attempt
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.bulk import update_rows


def intend(sendings: Sequence[tuple[Story, Way]]) -> list[datetime | None]:
    """Record the intent of each sending, in the present transaction; None where run or lease ended meanwhile."""
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
    return [intended.get(story.claimed.run_target_id) for story, _ in sendings]


def _event(story: Story, way: Way) -> AuditEvent:
    return draft(
        AuditAction.CMDLET_INTENDED,
        actor=worker_actor(),
        target=story.as_object(),
        data={
            "cmdlet": way.plan.cmdlet,
            "plan_hash": way.plan.plan_hash,
            "attempt": story.claimed.attempt_number,
            "fence": story.claimed.fence,
            "connection": str(story.claimed.connection_id),
            "client_request_id": story.client_request_id,
            "on_behalf_of": way.plan.requested_by,
        },
    )
