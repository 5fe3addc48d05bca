"""How the audit trail tells of connection profiles and of where they apply."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, draft
from portal.core.actors import Actor
from tenants.organizations.models import Organization
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile, Place, ProfileAssignment


def as_object(profile: ConnectionProfile) -> Object:
    """Return how audit events name a connection profile."""
    return Object("connection profile", str(profile.pk), profile.name)


def assigned(
    actor: Actor,
    profile: ConnectionProfile,
    place: Place,
    service: ProfileService,
    replaced: Iterable[ProfileAssignment],
) -> AuditEvent:
    """Draft that a profile applies to a place now, and which ones applied there `before`."""
    data = {"place": str(place), "service": service.label}
    if before := ", ".join(sorted({each.profile.name for each in replaced})):
        data["before"] = before
    return draft(AuditAction.CONNECTION_PROFILE_ASSIGNED, actor=actor, target=_at(profile, place), data=data)


def unassigned(actor: Actor, assignments: Sequence[ProfileAssignment]) -> list[AuditEvent]:
    """Draft that these assignments ended, one event each."""
    return [
        draft(
            AuditAction.CONNECTION_PROFILE_UNASSIGNED,
            actor=actor,
            target=_at(each.profile, each.place),
            data={"place": str(each.place), "service": ProfileService(each.service).label},
        )
        for each in assignments
    ]


def _at(profile: ConnectionProfile, place: Place) -> Object:
    """Name a profile; with the organization that it is assigned to, if it is one."""
    if not isinstance(place, Organization):
        return as_object(profile)
    return replace(as_object(profile), organization_id=place.pk, organization_name=place.name)
