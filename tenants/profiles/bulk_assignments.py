"""Assigning one connection profile to many organizations at once."""

from collections.abc import Sequence

from django.db import transaction

from portal.audit.actions import AuditAction
from portal.audit.services import draft, write
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization
from tenants.profiles.assignments import check_place, object_at, require_service, services_of
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile, ProfileAssignment


@transaction.atomic
def assign_profile_to_organizations(
    *, actor: Actor, profile: ConnectionProfile, organizations: Sequence[Organization], service: ProfileService
) -> None:
    """Let a profile be the own one of each of `organizations`; all of them, or none: raises `ProfileRefused`."""
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    profile = ConnectionProfile.objects.select_for_update(of=("self",)).select_related("partner").get(pk=profile.pk)
    require_service(profile, service)
    for organization in organizations:
        check_place(profile, organization)
    services = services_of(service)
    ProfileAssignment.objects.filter(organization__in=organizations, service__in=services).delete()
    ProfileAssignment.objects.bulk_create(
        ProfileAssignment(profile=profile, service=each, organization=organization, assigned_by=actor.label)
        for organization in organizations
        for each in services
    )
    write(
        [
            draft(
                AuditAction.CONNECTION_PROFILE_ASSIGNED,
                actor=actor,
                target=object_at(profile, organization),
                data={"place": organization.name, "service": service.label},
            )
            for organization in organizations
        ]
    )
