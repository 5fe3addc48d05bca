"""The audit trail as a listing: every filtered event, the newest first, without a limit."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from portal.audit.event_filter import filtered_events
from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet
from portal.audit.web.filters import EventFilterForm
from portal.core.actors import Actor
from portal.core.pagination import each_by_key
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words

COLUMNS = (
    "Id",
    "OccurredAt",
    "Action",
    "Sentence",
    "ActorKind",
    "ActorId",
    "Actor",
    "Source",
    "Address",
    "OrganizationId",
    "Organization",
    "ObjectKind",
    "ObjectId",
    "Object",
    "RunId",
    "Data",
)


def _open(actor: Actor, selection: Selection) -> Table:
    form = EventFilterForm(actor, selection.query)
    wanted = form.wanted(timezone.now().date())
    return Table(
        title="Audit events",
        columns=lambda: COLUMNS,
        rows=lambda: _rows(filtered_events(actor=actor, wanted=wanted)),
        url=address(reverse("audit:events"), selection.query),
        filters=filters_in_words(form),
    )


def _rows(events: AuditEventQuerySet) -> Iterator[Row]:
    return (_row(event) for event in each_by_key(events, order="-occurred_at"))


def _row(event: AuditEvent) -> Row:
    values = (
        event.pk,
        event.occurred_at,
        event.action,
        event.sentence,
        event.actor_kind,
        event.actor_id,
        event.actor_label,
        event.source,
        event.address,
        event.organization_id,
        event.organization_name,
        event.target_kind,
        event.target_id,
        event.target_label,
        event.run_id,
        event.data,
    )
    return dict(zip(COLUMNS, values, strict=True))


AUDIT_EVENTS = Listing("audit-events", "Audit events", frozenset({Permission.AUDIT_EVENT_READ}), _open)
