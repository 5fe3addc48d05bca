"""Which events of the audit trail are wanted."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.audit.categories import actions_of
from portal.audit.known_names import organizations_of_events, people_of_events
from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet
from portal.audit.selectors import events_for_list
from portal.core.actors import Actor
from portal.core.text import readable_id


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; empty texts and None mean all.

    `category` is a key of `CATEGORIES`; `person` is part of the label of who did it or had it done; `mine` keeps what
    the asking person did or had done; `organization` is an id, or words of a name. `since` is included and `before` is
    not (both aware).
    """

    action: str = ""
    category: str = ""
    person: str = ""
    mine: bool = False
    organization: str = ""
    run_id: UUID | None = None
    since: datetime | None = None
    before: datetime | None = None


def filtered_events(*, actor: Actor, wanted: EventFilter) -> AuditEventQuerySet:
    """Return the events that `wanted` lets through, in no order; raises `PermissionRefused`."""
    events = events_for_list(actor)
    exact = {"action": wanted.action, "run_id": wanted.run_id, "occurred_at__gte": wanted.since}
    exact["occurred_at__lt"] = wanted.before
    events = events.filter(**{field: value for field, value in exact.items() if value})
    if wanted.category:
        events = events.filter(action__in=actions_of(wanted.category))
    if wanted.person:
        events = events.done_by_or_for([label for label in people_of_events(actor=actor) if _has(label, wanted.person)])
    if wanted.mine:
        events = events.done_by_or_for(_labels_of(actor))
    if wanted.organization:
        events = events.filter(organization_id__in=_organization_ids(actor, wanted.organization))
    return events


def organization_named(*, actor: Actor, organization: str) -> str:
    """Return the name of the organization with this id; the text itself where it is no id of one."""
    organization_id = readable_id(organization)
    if organization_id is None:
        return organization
    newest = events_for_list(actor).filter(organization_id=organization_id).order_by("-occurred_at").first()
    return newest.organization_name if newest else organization


def run_named(*, actor: Actor, run_id: UUID) -> str:
    """Return how the events of a run call it; its id where there are none."""
    about = events_for_list(actor).filter(run_id=run_id, target_kind="run").order_by("occurred_at")
    event: AuditEvent | None = about.first()
    return event.target_label if event else str(run_id)


def _organization_ids(actor: Actor, organization: str) -> list[UUID]:
    organization_id = readable_id(organization)
    if organization_id is not None:
        return [organization_id]
    return [pk for pk, name in organizations_of_events(actor=actor).items() if _has(name, organization)]


def _labels_of(actor: Actor) -> list[str]:
    """Return every label that events give to this person, who may have been renamed."""
    known = people_of_events(actor=actor)
    return [actor.label, *(label for label, person_id in known.items() if person_id == actor.id)]


def _has(name: str, text: str) -> bool:
    return all(word in name.casefold() for word in text.casefold().split())
