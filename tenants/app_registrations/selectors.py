"""What pages ask about app registrations and their certificates."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.app_registrations.models import AppRegistration, Certificate


def app_registrations(actor: Actor) -> list[AppRegistration]:
    """Return every app registration with its certificates and partner; raises `PermissionRefused`."""
    actor.require(Permission.APP_REGISTRATION_READ)
    stored = AppRegistration.objects.select_related("partner").prefetch_related("certificates")
    return list(stored.order_by("display_name", "pk"))


def find_app_registration(actor: Actor, app_registration_id: UUID) -> AppRegistration | None:
    """Return one app registration with its certificates, partner and partner sign-in; raises `PermissionRefused`."""
    actor.require(Permission.APP_REGISTRATION_READ)
    stored = AppRegistration.objects.select_related("partner__sign_in").prefetch_related("certificates")
    return stored.filter(pk=app_registration_id).first()


def find_certificate(actor: Actor, certificate_id: UUID) -> Certificate | None:
    """Return one certificate with its app registration; raises `PermissionRefused`."""
    actor.require(Permission.APP_REGISTRATION_READ)
    return Certificate.objects.select_related("app_registration").filter(pk=certificate_id).first()


def count_certificates_expiring(actor: Actor, *, days: int) -> tuple[int, datetime | None]:
    """Return how many certificates end within `days` or have ended, and the first end; none without the right."""
    if not actor.has(Permission.APP_REGISTRATION_READ):
        return 0, None
    ending = Certificate.objects.filter(not_after__lte=timezone.now() + timedelta(days=days))
    return ending.count(), ending.order_by("not_after").values_list("not_after", flat=True).first()
