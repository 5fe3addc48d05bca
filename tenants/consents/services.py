"""What becomes known about consents."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.actors import Actor
from portal.core.bulk import encoded, insert_rows, update_rows
from portal.core.text import storable
from tenants.app_registrations.models import AppRegistration
from tenants.consents.evidence import Sighting
from tenants.consents.models import Consent, ConsentChange, ConsentState
from tenants.organizations.models import Organization
from tenants.organizations.services import as_object

Key = tuple[str, UUID]
"""The application id (client id) and the organization."""
# Locks in the one order, so that nobody waits in a circle.
_KNOWN = """
SELECT registration.application_id, consent.organization_id, consent.id, consent.state, consent.permissions,
    consent.evidence, consent.checked_at
FROM json_to_recordset(%s) AS given(application_id uuid, organization_id uuid)
JOIN app_registration AS registration ON registration.application_id = given.application_id
JOIN consent ON consent.app_registration_id = registration.id AND consent.organization_id = given.organization_id
ORDER BY consent.id FOR UPDATE OF consent
"""


@transaction.atomic(savepoint=False)
def note_consents(*, actor: Actor, sightings: Iterable[Sighting]) -> None:
    """Remember what attempts showed. At most six queries, however many there are; of other applications nothing.

    A change is kept where state or permissions differ. It writes an event unless it is the first knowledge, and good.
    """
    seen: dict[Key, Sighting] = {(each.application_id, each.organization_id): each for each in sightings}
    if not seen:
        return
    known = _known(seen)
    now = timezone.now()
    differing = {key: each for key, each in seen.items() if _differs(known.get(key), each)}
    unchanged = [{"pk": known[key].pk, "checked_at": now} for key in known if key not in differing]
    update_rows(Consent, unchanged)
    if differing:
        _store(actor, differing, known, now)


def _known(keys: Iterable[Key]) -> dict[Key, Consent]:
    wanted = [{"application_id": application, "organization_id": place} for application, place in keys]
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [encoded(wanted)])
        rows = cursor.fetchall()
    return {
        (str(application), place): Consent(
            pk=pk,
            organization_id=place,
            state=state,
            permissions=orjson.loads(permissions),
            evidence=evidence,
            checked_at=checked_at,
        )
        for application, place, pk, state, permissions, evidence, checked_at in rows
    }


def _differs(known: Consent | None, seen: Sighting) -> bool:
    if known is None:
        return True
    return (known.state, known.evidence) != (seen.state, seen.evidence) or bool(
        set(seen.permissions) - set(known.permissions)
    )


def _store(actor: Actor, differing: dict[Key, Sighting], known: dict[Key, Consent], now: datetime) -> None:
    ours = AppRegistration.objects.filter(application_id__in={application for application, _ in differing})
    registrations = {str(each.application_id): each for each in ours}
    wanted = [(key, seen, registrations[key[0]]) for key, seen in differing.items() if key[0] in registrations]
    told = [(_consent(registration, seen, known.get(key), now), known.get(key)) for key, seen, registration in wanted]
    told.sort(key=lambda each: (each[0].app_registration_id, each[0].organization_id))
    insert_rows(
        [consent for consent, _ in told],
        once_per=["app_registration_id", "organization_id"],
        else_update=["state", "permissions", "evidence", "error_class", "checked_at"],
    )
    changes = [change for consent, before in told if (change := _change(consent, before))]
    insert_rows(changes)
    _write_events(actor, changes)


def _consent(registration: AppRegistration, seen: Sighting, known: Consent | None, now: datetime) -> Consent:
    """Return the consent as it is now; permissions add up, for tokens of several kinds show several of them."""
    before = known.permissions if known and known.state == seen.state else []
    return Consent(
        app_registration=registration,
        organization_id=seen.organization_id,
        state=seen.state,
        permissions=sorted({*before, *(storable(each, 200) for each in seen.permissions)}),
        evidence=storable(seen.evidence, 100),
        error_class=seen.error_class,
        checked_at=now,
    )


def _change(consent: Consent, known: Consent | None) -> ConsentChange | None:
    if known and (known.state, known.permissions) == (consent.state, consent.permissions):
        return None
    return ConsentChange(
        app_registration=consent.app_registration,
        organization_id=consent.organization_id,
        before=known.state if known else ConsentState.UNKNOWN,
        after=consent.state,
        permissions=consent.permissions,
        evidence=consent.evidence,
        known_at=known.checked_at if known else None,
        found_at=consent.checked_at,
    )


def _write_events(actor: Actor, changes: Sequence[ConsentChange]) -> None:
    telling = [c for c in changes if (c.before, c.after) != (ConsentState.UNKNOWN, ConsentState.GRANTED)]
    if not telling:
        return
    places = Organization.objects.in_bulk({change.organization_id for change in telling})
    write([_event(actor, change, places[change.organization_id]) for change in telling])


def _event(actor: Actor, change: ConsentChange, place: Organization) -> AuditEvent:
    return draft(
        AuditAction.CONSENT_CHANGED,
        actor=actor,
        target=as_object(place),
        data={
            "application": change.app_registration.display_name,
            "application_id": str(change.app_registration.application_id),
            "before": change.before,
            "after": ConsentState(change.after).label.lower(),
            "permissions": change.permissions,
            "evidence": change.evidence,
        },
    )
