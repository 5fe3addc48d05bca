"""The names that occur in the audit trail: one index probe a name, however many events there are."""

from uuid import UUID

from django.db import connection

from portal.core.actors import Actor
from portal.core.permissions import Permission

# Each step leaps over all events of a name to the next one.
_ORGANIZATIONS = """
WITH RECURSIVE place AS (
    (SELECT organization_id, organization_name FROM audit_event WHERE organization_id IS NOT NULL
     ORDER BY organization_id, occurred_at DESC LIMIT 1)
    UNION ALL
    SELECT further.organization_id, further.organization_name FROM place CROSS JOIN LATERAL (
        SELECT organization_id, organization_name FROM audit_event WHERE organization_id > place.organization_id
        ORDER BY organization_id, occurred_at DESC LIMIT 1) AS further
)
SELECT organization_id, organization_name FROM place
"""
_ACTING = """
WITH RECURSIVE person AS (
    (SELECT actor_label, actor_id FROM audit_event WHERE actor_kind = 'person'
     ORDER BY actor_label, occurred_at DESC LIMIT 1)
    UNION ALL
    SELECT further.actor_label, further.actor_id FROM person CROSS JOIN LATERAL (
        SELECT actor_label, actor_id FROM audit_event
        WHERE actor_kind = 'person' AND actor_label > person.actor_label
        ORDER BY actor_label, occurred_at DESC LIMIT 1) AS further
)
SELECT actor_label, actor_id FROM person
"""
_SERVED = """
WITH RECURSIVE person AS (
    (SELECT data ->> 'on_behalf_of' AS label FROM audit_event WHERE (data ->> 'on_behalf_of') IS NOT NULL
     ORDER BY data ->> 'on_behalf_of', occurred_at DESC LIMIT 1)
    UNION ALL
    SELECT further.label FROM person CROSS JOIN LATERAL (
        SELECT data ->> 'on_behalf_of' AS label FROM audit_event WHERE (data ->> 'on_behalf_of') > person.label
        ORDER BY data ->> 'on_behalf_of', occurred_at DESC LIMIT 1) AS further
)
SELECT label, '' FROM person
"""


def organizations_of_events(*, actor: Actor) -> dict[UUID, str]:
    """Return the organizations that events are about, each with the name of its newest event."""
    return {UUID(str(pk)): name for pk, name in _rows(actor, _ORGANIZATIONS)}


def people_of_events(*, actor: Actor) -> dict[str, str]:
    """Return the labels of everybody who did something or had it done; the id of those who did it themselves."""
    return {str(label): person_id for label, person_id in (*_rows(actor, _SERVED), *_rows(actor, _ACTING))}


def _rows(actor: Actor, statement: str) -> list[tuple[object, str]]:
    actor.require(Permission.AUDIT_EVENT_READ)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows: list[tuple[object, str]] = cursor.fetchall()
        return rows
