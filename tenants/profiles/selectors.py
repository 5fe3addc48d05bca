"""What pages ask about connection profiles."""

from uuid import UUID

from django.db.models.functions import Lower

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.selectors import events_about
from portal.core.actors import Actor
from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.groups.models import OrganizationGroup
from tenants.partner.models import Partner
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.querysets import ConnectionProfileQuerySet

CHANGES = tuple(action for action in AuditAction if action.startswith("connection_profile."))


def visible_profiles(actor: Actor) -> ConnectionProfileQuerySet:
    """Return the connection profiles that `actor` may see, with their partners."""
    return ConnectionProfile.objects.visible_to(actor).select_related("partner", "app_registration")


def usable_profiles(actor: Actor) -> list[ConnectionProfile]:
    """Return those that are not retired, by name."""
    return list(visible_profiles(actor).in_use().order_by(Lower("name"), "pk"))


def find_profile(*, actor: Actor, profile_id: UUID) -> ConnectionProfile | None:
    """Return one profile, retired or not."""
    return visible_profiles(actor).filter(pk=profile_id).first()


def find_assignment(*, actor: Actor, assignment_id: UUID) -> ProfileAssignment | None:
    """Return one assignment with what it joins."""
    stored = ProfileAssignment.objects.select_related("profile__partner", "partner", "group", "organization")
    return stored.filter(pk=assignment_id, profile__in=visible_profiles(actor)).first()


def assignments_of_group(actor: Actor, group: OrganizationGroup) -> list[ProfileAssignment]:
    """Return the profiles that are assigned to a group, the lowest rank first."""
    stored = ProfileAssignment.objects.filter(group=group, profile__in=visible_profiles(actor))
    return list(stored.select_related("profile__partner").order_by("rank", "profile__name", "service"))


def defaults_of_partners(actor: Actor) -> list[ProfileAssignment]:
    """Return every partner's defaults, by partner and service."""
    stored = ProfileAssignment.objects.filter(partner__isnull=False, profile__in=visible_profiles(actor))
    return list(stored.select_related("profile", "partner").order_by("partner__name", "partner_id", "service"))


def changes_of(actor: Actor, profile: ConnectionProfile) -> list[AuditEvent]:
    """Return the latest events about a profile, the newest first; none for those who may not read the trail."""
    return events_about(actor, str(profile.pk), actions=CHANGES)


def registrations_of(partner: Partner) -> list[AppRegistration]:
    """Return the app registrations of a partner, by name."""
    return list(AppRegistration.objects.filter(partner=partner).order_by("display_name", "pk"))


def certificates_of(partner: Partner) -> list[Certificate]:
    """Return the certificates of a partner with their app registrations, the one that lasts longest first."""
    stored = Certificate.objects.filter(app_registration__partner=partner)
    return list(stored.select_related("app_registration").order_by("-not_after"))
