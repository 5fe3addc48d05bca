"""What is done to app registrations and their certificates."""

from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.secrets.envelope import seal, unseal
from tenants.app_registrations.material import CertificateMaterial, CertificateRefused
from tenants.app_registrations.models import AppRegistration, Certificate, in_order_of_use, place_of_private_key
from tenants.partner.models import Partner


class AppRegistrationRefused(Refused):
    """The app registration cannot be added."""


def as_object(app_registration: AppRegistration) -> Object:
    """Return how audit events name an app registration."""
    return Object("app registration", str(app_registration.pk), app_registration.display_name)


def certificate_as_object(certificate: Certificate) -> Object:
    """Return how audit events name a certificate."""
    return Object("certificate", str(certificate.pk), certificate.thumbprint)


@transaction.atomic
def add_app_registration(*, actor: Actor, partner: Partner, display_name: str, application_id: UUID) -> AppRegistration:
    """Add an app registration of `partner`; raises `AppRegistrationRefused` when the application is there already."""
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    if AppRegistration.objects.filter(application_id=application_id).exists():
        raise AppRegistrationRefused(f"The application {application_id} is already registered here.")
    app_registration = AppRegistration.objects.create(
        partner=partner, display_name=display_name, application_id=application_id
    )
    record(
        AuditAction.APP_REGISTRATION_ADDED,
        actor=actor,
        target=as_object(app_registration),
        data={"application_id": str(application_id)},
    )
    return app_registration


@transaction.atomic
def add_certificate(*, actor: Actor, app_registration: AppRegistration, material: CertificateMaterial) -> Certificate:
    """Store a certificate with its private key sealed; raises `CertificateRefused` when it is there already."""
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    if Certificate.objects.filter(thumbprint=material.thumbprint).exists():
        raise CertificateRefused(f"The certificate {material.thumbprint} is stored already.")
    certificate = Certificate(
        app_registration=app_registration,
        subject=material.subject,
        thumbprint=material.thumbprint,
        thumbprint_sha256=material.thumbprint_sha256,
        not_before=material.not_before,
        not_after=material.not_after,
        certificate_pem=material.certificate_pem(),
        added_by=actor.label,
    )
    certificate.sealed_private_key = seal(material.private_key_der(), **place_of_private_key(certificate))
    certificate.save(force_insert=True)
    _record_certificate(AuditAction.CERTIFICATE_ADDED, actor, certificate)
    return certificate


@transaction.atomic
def remove_certificate(*, actor: Actor, certificate: Certificate) -> None:
    """Remove a certificate and with it the private key; what it did stays in the audit trail."""
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    _record_certificate(AuditAction.CERTIFICATE_REMOVED, actor, certificate)
    certificate.delete()


@transaction.atomic
def activate_certificate(*, actor: Actor, certificate: Certificate) -> None:
    """Sign in with this certificate from now on; raises `CertificateRefused` unless it is valid now."""
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    if not in_order_of_use([certificate]):
        raise CertificateRefused(
            f"The certificate {certificate.thumbprint} is valid from {certificate.not_before:%d %B %Y} to "
            f"{certificate.not_after:%d %B %Y}, so it cannot sign in now. Choose another one."
        )
    certificate.activated_at = timezone.now()
    certificate.save(update_fields=["activated_at"])
    _record_certificate(AuditAction.CERTIFICATE_ACTIVATED, actor, certificate)


@transaction.atomic
def note_certificate_test(*, actor: Actor, certificate: Certificate, accepted: bool, answer: str) -> None:
    """Remember what Entra said to a certificate in a test; `answer` is Microsoft's code, empty when it took it."""
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    if accepted:
        certificate.accepted_at = timezone.now()
        certificate.save(update_fields=["accepted_at"])
    record(
        AuditAction.CERTIFICATE_TESTED,
        actor=actor,
        target=certificate_as_object(certificate),
        data={"outcome": "accepted" if accepted else "not accepted", "answer": answer},
    )


def private_key_of(certificate: Certificate) -> RSAPrivateKey:
    """Return the private key, opened; raises `SecretUnreadable` under another encryption key."""
    opened = unseal(bytes(certificate.sealed_private_key), **place_of_private_key(certificate))
    key = load_der_private_key(opened.reveal(), None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("A certificate's key is always RSA.")
    return key


def _record_certificate(action: AuditAction, actor: Actor, certificate: Certificate) -> None:
    record(
        action,
        actor=actor,
        target=certificate_as_object(certificate),
        data={
            "app_registration": certificate.app_registration.display_name,
            "subject": certificate.subject,
            "not_after": certificate.not_after.isoformat(),
        },
    )
