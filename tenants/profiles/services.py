"""What is done to connection profiles."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.partner.models import Partner
from tenants.partner.services import as_object as partner_as_object
from tenants.profiles.assignments import end_assignments, services_of
from tenants.profiles.handed_in import seal_access_token
from tenants.profiles.locks import lock_assignments, lock_profile
from tenants.profiles.methods import Method, ProfileService
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.recording import as_object
from tenants.profiles.validation import ProfileRefused, ProfileValues, checked

DEFAULT_NAME = "Application with certificate"


@transaction.atomic
def create_profile(*, actor: Actor, partner: Partner, values: ProfileValues) -> ConnectionProfile:
    """Add a connection profile of `partner`; raises `ProfileRefused`."""
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    profile = _written(actor, ConnectionProfile(partner=partner), values)
    profile.save(force_insert=True)
    record(AuditAction.CONNECTION_PROFILE_CREATED, actor=actor, target=as_object(profile), data=_facts(profile))
    return profile


@transaction.atomic
def change_profile(*, actor: Actor, profile: ConnectionProfile, values: ProfileValues) -> ConnectionProfile:
    """Change a connection profile; runs that were planned with it as it was end as refused. Raises `ProfileRefused`.

    An empty access token keeps the one that is stored.
    """
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    profile = lock_profile(profile)
    if profile.retired_at is not None:
        raise ProfileRefused("This connection profile was retired. Create a new one.")
    before = _facts(profile)
    profile = _written(actor, profile, values)
    profile.save()
    _end_lost_services(actor, profile)
    if _facts(profile) != before:
        _outdate_capabilities(profile)
    data = {**_facts(profile), "before": before}
    record(AuditAction.CONNECTION_PROFILE_CHANGED, actor=actor, target=as_object(profile), data=data)
    return profile


@transaction.atomic
def retire_profile(*, actor: Actor, profile: ConnectionProfile) -> None:
    """End the use of a connection profile: its assignments and access token are deleted, what it did stays known.

    Raises `ProfileRefused` while it is the default of its partner.
    """
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    profile = lock_profile(profile)
    ended = lock_assignments(profile.assignments.all())
    if any(each.partner for each in ended):
        raise ProfileRefused("This is the default of its partner. Choose another default first.")
    end_assignments(actor, ended)
    profile.retired_at, profile.sealed_access_token, profile.changed_by = timezone.now(), None, actor.label
    profile.save(update_fields=["retired_at", "sealed_access_token", "changed_by", "changed_at"])
    _outdate_capabilities(profile)
    record(AuditAction.CONNECTION_PROFILE_RETIRED, actor=actor, target=as_object(profile))


def add_default_profile(*, actor: Actor, partner: Partner) -> ConnectionProfile:
    """Give a new partner its default: its application signs in with the certificate in use, for both services."""
    values = ProfileValues(name=DEFAULT_NAME, method=Method.APP_CERTIFICATE_THUMBPRINT)
    profile = create_profile(actor=actor, partner=partner, values=values)
    ProfileAssignment.objects.bulk_create(
        ProfileAssignment(profile=profile, service=service, partner=partner, assigned_by=actor.label)
        for service in (ProfileService.EXCHANGE, ProfileService.COMPLIANCE)
    )
    return profile


@transaction.atomic
def allow_passwords(*, actor: Actor, partner: Partner, allowed: bool) -> None:
    """Let people connect with user name and password, or forbid it again; profiles that use one stay but do nothing."""
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    Partner.objects.filter(pk=partner.pk).update(allows_passwords=allowed)
    partner.allows_passwords = allowed
    action = AuditAction.PARTNER_PASSWORDS_ALLOWED if allowed else AuditAction.PARTNER_PASSWORDS_FORBIDDEN
    record(action, actor=actor, target=partner_as_object(partner))


def _written(actor: Actor, profile: ConnectionProfile, values: ProfileValues) -> ConnectionProfile:
    values, token = checked(profile, values)
    profile.name, profile.method, profile.service = values.name, values.method, values.service
    profile.environment, profile.delegation = values.environment, values.delegation
    profile.app_registration, profile.thumbprint = values.app_registration, values.thumbprint
    profile.user_principal_name, profile.managed_identity = values.user_principal_name, values.managed_identity
    profile.note, profile.changed_by = values.note, actor.label
    if token is not None:
        profile.token_tenant_id, profile.token_audience = UUID(token.tenant_id), token.audience
        profile.token_ends_at = token.expires_at
        profile.sealed_access_token = seal_access_token(profile, token)
    elif values.method is not Method.ACCESS_TOKEN:
        profile.sealed_access_token = profile.token_tenant_id = profile.token_ends_at = None
        profile.token_audience = ""
    return profile


def _end_lost_services(actor: Actor, profile: ConnectionProfile) -> None:
    """End assignments for a service that the profile does not open any more; refuse for a partner's default."""
    opened = ProfileService(profile.service)
    lost = [each for each in services_of(ProfileService.BOTH) if not opened.covers(each)]
    ended = lock_assignments(profile.assignments.filter(service__in=lost))
    if any(each.partner for each in ended):
        raise ProfileRefused("This is the default of its partner for the other service too. Choose another first.")
    end_assignments(actor, ended)


def _outdate_capabilities(profile: ConnectionProfile) -> None:
    """What was read as one identity says nothing of the next; reached through the relation, for they lie above."""
    known = profile.capabilities.filter(outdated_at=None)
    locked = known.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)
    known.filter(pk__in=list(locked)).update(outdated_at=timezone.now(), outdated_by="")


def _facts(profile: ConnectionProfile) -> dict[str, str]:
    facts = {
        "method": profile.method,
        "service": profile.service,
        "environment": profile.environment,
        "delegation": profile.delegation,
        "app_registration": str(profile.app_registration or ""),
        "thumbprint": profile.thumbprint,
        "user_principal_name": profile.user_principal_name,
        "managed_identity": profile.managed_identity,
        "token_ends_at": profile.token_ends_at.isoformat() if profile.token_ends_at else "",
    }
    return {name: value for name, value in facts.items() if value}
