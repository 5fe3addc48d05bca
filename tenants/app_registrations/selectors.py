"""What pages ask about app registrations and their certificates."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Min, Q
from django.utils import timezone

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.app_registrations.models import AppRegistration, Certificate, in_order_of_use
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
    return Certificate.objects.select_related("app_registration__partner").filter(pk=certificate_id).first()


def successor_of(certificate: Certificate) -> Certificate | None:
    """Return the certificate that would be in use without this one, of the same partner; None when there is none."""
    others = Certificate.objects.filter(app_registration__partner=certificate.app_registration.partner_id)
    return next(iter(in_order_of_use(others.exclude(pk=certificate.pk))), None)


def comes_first(certificate: Certificate, other: Certificate | None) -> bool:
    """Whether `certificate` signs in rather than `other`."""
    return in_order_of_use(each for each in (certificate, other) if each)[:1] == [certificate]


def expires_within(app_registration: AppRegistration, days: int) -> bool:
    """Whether one of its certificates (loaded) ends within so many days or has ended."""
    last = timezone.now() + timedelta(days=days)
    return any(certificate.not_after <= last for certificate in app_registration.certificates.all())


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
