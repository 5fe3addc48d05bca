"""What becomes known about consents."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.actors import Actor
from portal.core.text import storable
from tenants.app_registrations.models import AppRegistration
from tenants.consents.evidence import Sighting
from tenants.consents.models import Consent, ConsentChange, ConsentState
from tenants.organizations.models import Organization
from tenants.organizations.services import as_object

Key = tuple[UUID, UUID]


@transaction.atomic
def note_consents(*, actor: Actor, sightings: Iterable[Sighting]) -> None:
    """Remember what attempts showed. At most seven queries, however many there are; of other applications nothing.

    A change is kept where state or permissions differ. It writes an event unless it is the first knowledge, and good.
    """
    seen = {(each.application_id, each.organization_id): each for each in sightings}
    if not seen:
        return
    registrations = {
        str(each.application_id): each
        for each in AppRegistration.objects.filter(application_id__in={application for application, _ in seen})
    }
    wanted: dict[Key, Sighting] = {
        (registrations[application].pk, place): each
        for (application, place), each in seen.items()
        if application in registrations
    }
    known = _known(wanted)
    now = timezone.now()
    differing = {key: each for key, each in sorted(wanted.items()) if _differs(known.get(key), each)}
    unchanged = [known[key].pk for key in wanted if key not in differing]
    if unchanged:
        Consent.objects.filter(pk__in=unchanged).update(checked_at=now)
    if differing:
        _store(actor, differing, known, {each.pk: each for each in registrations.values()}, now)


def _known(wanted: Iterable[Key]) -> dict[Key, Consent]:
    keys = set(wanted)
    stored = Consent.objects.select_for_update().filter(
        app_registration__in={key[0] for key in keys}, organization__in={key[1] for key in keys}
    )
    return {(c.app_registration_id, c.organization_id): c for c in stored.order_by("pk")}


def _differs(known: Consent | None, seen: Sighting) -> bool:
    if known is None:
        return True
    return (known.state, known.evidence) != (seen.state, seen.evidence) or bool(
        set(seen.permissions) - set(known.permissions)
    )


def _store(
    actor: Actor,
    differing: dict[Key, Sighting],
    known: dict[Key, Consent],
    registrations: dict[UUID, AppRegistration],
    now: datetime,
) -> None:
    consents = [_consent(key, seen, known.get(key), now) for key, seen in differing.items()]
    Consent.objects.bulk_create(
        consents,
        update_conflicts=True,
        unique_fields=["app_registration", "organization"],
        update_fields=["state", "permissions", "evidence", "error_class", "checked_at"],
    )
    changes = [change for consent in consents if (change := _change(consent, known.get(_key(consent))))]
    ConsentChange.objects.bulk_create(changes)
    _write_events(actor, changes, registrations)


def _consent(key: Key, seen: Sighting, known: Consent | None, now: datetime) -> Consent:
    """Return the consent as it is now; permissions add up, for tokens of several kinds show several of them."""
    before = known.permissions if known and known.state == seen.state else []
    return Consent(
        app_registration_id=key[0],
        organization_id=key[1],
        state=seen.state,
        permissions=sorted({*before, *(storable(each, 200) for each in seen.permissions)}),
        evidence=storable(seen.evidence, 100),
        error_class=seen.error_class,
        checked_at=now,
    )


def _key(consent: Consent) -> Key:
    return consent.app_registration_id, consent.organization_id


def _change(consent: Consent, known: Consent | None) -> ConsentChange | None:
    if known and (known.state, known.permissions) == (consent.state, consent.permissions):
        return None
    return ConsentChange(
        app_registration_id=consent.app_registration_id,
        organization_id=consent.organization_id,
        before=known.state if known else ConsentState.UNKNOWN,
        after=consent.state,
        permissions=consent.permissions,
        evidence=consent.evidence,
        known_at=known.checked_at if known else None,
        found_at=consent.checked_at,
    )


def _write_events(actor: Actor, changes: Sequence[ConsentChange], registrations: dict[UUID, AppRegistration]) -> None:
    telling = [c for c in changes if (c.before, c.after) != (ConsentState.UNKNOWN, ConsentState.GRANTED)]
    if not telling:
        return
    places = Organization.objects.in_bulk({change.organization_id for change in telling})
    write([_event(actor, c, places[c.organization_id], registrations[c.app_registration_id]) for c in telling])


def _event(actor: Actor, change: ConsentChange, place: Organization, registration: AppRegistration) -> AuditEvent:
    return draft(
        AuditAction.CONSENT_CHANGED,
        actor=actor,
        target=as_object(place),
        data={
            "application": registration.display_name,
            "application_id": str(registration.application_id),
            "before": change.before,
            "after": ConsentState(change.after).label.lower(),
            "permissions": change.permissions,
            "evidence": change.evidence,
        },
    )
