"""The one writer of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.bulk import insert_rows


@dataclass(frozen=True, slots=True)
class Object:
    """What an event is about, as values that outlive it."""

    kind: str
    id: str
    label: str
    organization_id: UUID | None = None
    organization_name: str = ""
    run_id: UUID | None = None


def record(
    action: AuditAction,
    *,
    actor: Actor,
    target: Object,
    data: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
) -> AuditEvent:
    """Write one event in the present transaction; without a transaction it refuses, so no change escapes its event.

    `data` holds plain JSON values, never a secret.
    """
    event = draft(action, actor=actor, target=target, data=data, occurred_at=occurred_at)
    write([event])
    return event


def draft(
    action: AuditAction,
    *,
    actor: Actor,
    target: Object,
    data: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
) -> AuditEvent:
    """Return an event that is not written yet, for `write`."""
    return AuditEvent(
        occurred_at=occurred_at or timezone.now(),
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.id[:64],
        actor_label=actor.label[:300],
        source=actor.source,
        address=actor.address,
        organization_id=target.organization_id,
        organization_name=target.organization_name[:300],
        target_kind=target.kind,
        target_id=target.id,
        target_label=target.label[:400],
        run_id=target.run_id,
        data=dict(data or {}),
    )


def write(events: list[AuditEvent]) -> None:
    """Write drafted events in the present transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An audit event belongs into the transaction of its change.")
    insert_rows(events)
