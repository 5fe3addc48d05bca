"""What becomes known about capabilities: whole lists from connection tests, single names from every connection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, draft, write
from portal.core.actors import Actor
from portal.core.bulk import array
from portal.core.text import storable
from tenants.capabilities.models import Capabilities, CmdletSet
from tenants.capabilities.sets import Names, lower_names

NAMED_IN_EVENT = 40

Key = tuple[UUID, UUID, str]
_UP_TO_DATE = """
SELECT id, read_at, cmdlets_id, organization_id, profile_id, service FROM capabilities
WHERE organization_id = ANY(%s::uuid[]) AND outdated_at IS NULL ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """The whole list of cmdlets that Exchange offered to an identity; `read_at` is aware UTC."""

    organization_id: UUID
    organization_name: str
    profile_id: UUID
    profile_name: str
    service: str
    identity: str
    run_id: UUID
    read_at: datetime
    names: Names

    @property
    def key(self) -> Key:
        """Whose capabilities these are."""
        return self.organization_id, self.profile_id, self.service


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What an ordinary connection was told about the one cmdlet that it needed."""

    organization_id: UUID
    profile_id: UUID
    service: str
    cmdlet: str
    is_offered: bool

    @property
    def key(self) -> Key:
        """Whose capabilities these are."""
        return self.organization_id, self.profile_id, self.service


@transaction.atomic(savepoint=False)
def note_capabilities(*, actor: Actor, readings: Sequence[Reading]) -> None:
    """Keep what was read, the newest of each organization, profile and service; an event tells what changed.

    The number of queries does not grow with `readings`.
    """
    newest = {reading.key: reading for reading in sorted(readings, key=lambda each: each.read_at)}
    if not newest:
        return
    sets = {reading.names.key: reading.names for reading in newest.values()}
    CmdletSet.objects.bulk_create([sets[key].as_set() for key in sorted(sets)], ignore_conflicts=True)
    before = {row_key(row): row for row in _known(newest).select_for_update(no_key=True).order_by("pk")}
    changed = [key for key in newest if key not in before or before[key].cmdlets_id != newest[key].names.key]
    had = CmdletSet.objects.in_bulk({before[key].cmdlets_id for key in changed if key in before})
    Capabilities.objects.bulk_create(
        [_row(newest[key], before.get(key), changed=key in changed) for key in sorted(newest, key=str)],
        update_conflicts=True,
        unique_fields=["organization", "profile", "service"],
        update_fields=["cmdlets", "identity", "run_id", "read_at", "changed_at", "outdated_at", "outdated_by"],
    )
    write(
        [
            _event(actor, newest[key], Names.of_set(had[before[key].cmdlets_id]) if key in before else None)
            for key in sorted(changed, key=str)
        ]
    )


@transaction.atomic(savepoint=False)
def note_glimpses(*, glimpses: Sequence[Glimpse]) -> None:
    """Mark capabilities as outdated where a connection was told otherwise about its cmdlet, unless read anew since."""
    told = {glimpse.key: glimpse for glimpse in glimpses}
    if not told:
        return
    with connection.cursor() as cursor:
        cursor.execute(_UP_TO_DATE, [array({key[0] for key in told})])
        kept = cursor.fetchall()
    for pk, read_at, cmdlets_id, *key in kept:
        glimpse = told.get((key[0], key[1], key[2]))
        if glimpse and (glimpse.cmdlet.lower() in lower_names(cmdlets_id)) is not glimpse.is_offered:
            same = Capabilities.objects.filter(pk=pk, read_at=read_at, outdated_at=None)
            same.update(outdated_at=timezone.now(), outdated_by=glimpse.cmdlet[:100])


def row_key(row: Capabilities) -> Key:
    """Return whose capabilities a row holds."""
    return row.organization_id, row.profile_id, row.service


def _known(keys: Mapping[Key, Any]) -> QuerySet[Capabilities]:
    organizations, profiles = {key[0] for key in keys}, {key[1] for key in keys}
    return Capabilities.objects.filter(organization__in=organizations, profile__in=profiles)


def _row(reading: Reading, before: Capabilities | None, *, changed: bool) -> Capabilities:
    return Capabilities(
        organization_id=reading.organization_id,
        profile_id=reading.profile_id,
        service=reading.service,
        cmdlets_id=reading.names.key,
        identity=storable(reading.identity, 200),
        run_id=reading.run_id,
        read_at=reading.read_at,
        changed_at=reading.read_at if changed or before is None else before.changed_at,
    )


def _event(actor: Actor, reading: Reading, before: Names | None) -> AuditEvent:
    gained, lost = (reading.names.beyond(before), before.beyond(reading.names)) if before else ([], [])
    return draft(
        AuditAction.ORGANIZATION_CAPABILITIES_CHANGED,
        actor=actor,
        target=Object(
            "organization",
            str(reading.organization_id),
            reading.organization_name,
            organization_id=reading.organization_id,
            organization_name=reading.organization_name,
            run_id=reading.run_id,
        ),
        data={
            "profile": reading.profile_name,
            "service": reading.service,
            "before": f"{len(before.each)} cmdlets" if before else "not known",
            "after": f"{len(reading.names.each)} cmdlets",
            "gained": gained[:NAMED_IN_EVENT],
            "gained_number": len(gained),
            "lost": lost[:NAMED_IN_EVENT],
            "lost_number": len(lost),
        },
    )
