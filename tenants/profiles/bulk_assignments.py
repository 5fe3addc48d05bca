"""Assigning one connection profile to many organizations at once."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from portal.audit.services import write
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization
from tenants.profiles.assignments import check_place, require_service, services_of
from tenants.profiles.locks import lock_assignments, lock_organizations, lock_profile
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.recording import assigned


@transaction.atomic
def assign_profile_to_organizations(
    *, actor: Actor, profile: ConnectionProfile, organizations: Sequence[Organization], service: ProfileService
) -> None:
    """Let a profile be the own one of each of `organizations`; all of them, or none: raises `ProfileRefused`."""
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    profile, organizations = lock_profile(profile), lock_organizations(organizations)
    require_service(profile, service)
    for organization in organizations:
        check_place(profile, organization)
    services = services_of(service)
    there = ProfileAssignment.objects.filter(organization__in=organizations, service__in=services)
    replaced: defaultdict[UUID | None, list[ProfileAssignment]] = defaultdict(list)
    for assignment in lock_assignments(there):
        replaced[assignment.organization_id].append(assignment)
    there.delete()
    ProfileAssignment.objects.bulk_create(
        ProfileAssignment(profile=profile, service=each, organization=organization, assigned_by=actor.label)
        for organization in organizations
        for each in services
    )
    write([assigned(actor, profile, each, service, replaced[each.pk]) for each in organizations])
