"""What pages ask about app registrations and their certificates."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Min, Q
from django.utils import timezone

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.organizations.selectors import Ending


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


def successor_of(certificate: Certificate) -> Certificate | None:
    """Return the certificate that would be in use without this one, of the same partner; None when there is none."""
    now = timezone.now()
    others = Certificate.objects.filter(app_registration__partner=certificate.app_registration.partner_id)
    usable = others.exclude(pk=certificate.pk).filter(not_before__lte=now, not_after__gt=now)
    return usable.order_by("added_at").first()


def certificates_ending(actor: Actor, *, spans: Sequence[int]) -> Ending:
    """Return how many certificates end within each of `spans` (days) or have ended.

    Without the right to read app registrations there are none.
    """
    if not actor.has(Permission.APP_REGISTRATION_READ):
        return Ending(None, dict.fromkeys(spans, 0))
    now = timezone.now()
    counts = {f"within_{days}": Count("pk", filter=Q(not_after__lte=now + timedelta(days=days))) for days in spans}
    ending = Certificate.objects.filter(not_after__lte=now + timedelta(days=max(spans)))
    figures = ending.aggregate(first=Min("not_after"), **counts)
    return Ending(figures["first"], {days: figures[f"within_{days}"] for days in spans})
