"""App registrations of the partner and their certificates."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import models
from django.utils import timezone

from portal.core.identifiers import uuid7
from portal.core.secrets.fields import SealedField
from portal.core.secrets.places import Place
from tenants.partner.models import Partner


class AppRegistration(models.Model):
    """The partner's multi-tenant application in Entra."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="app_registrations")
    display_name = models.CharField(max_length=200)
    application_id = models.UUIDField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "app_registration"

    def __str__(self) -> str:
        return self.display_name

    @property
    def certificate_in_use(self) -> "Certificate | None":
        """The valid certificate that signs in; the others stand by."""
        return next(iter(in_order_of_use(self.certificates.all())), None)


def place_of_private_key(certificate: "Certificate") -> Place:
    """Return what a private key is bound to: also to its certificate, which is what tells it from the next."""
    row, version = certificate.pk, certificate.thumbprint
    return {"table": "certificate", "row": row, "column": "sealed_private_key", "version": version}


class Certificate(models.Model):
    """A certificate of an app registration; its private key is sealed and never shown again.

    `activated_at` is when a person chose it, `accepted_at` when Entra last took it in a test.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    app_registration = models.ForeignKey(AppRegistration, on_delete=models.PROTECT, related_name="certificates")
    subject = models.CharField(max_length=400)
    thumbprint = models.CharField("SHA-1 thumbprint", max_length=40, unique=True)
    thumbprint_sha256 = models.CharField("SHA-256 thumbprint", max_length=64)
    not_before = models.DateTimeField("valid from")
    not_after = models.DateTimeField("expires")
    certificate_pem = models.TextField()
    sealed_private_key = SealedField(place=place_of_private_key)
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.CharField(max_length=300)
    activated_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "certificate"
        ordering = ["-not_after"]

    def __str__(self) -> str:
        return self.thumbprint

    @property
    def is_expired(self) -> bool:
        """Whether it can no longer be used."""
        return self.not_after <= timezone.now()

    @property
    def expires_soon(self) -> bool:
        """Whether it ends within 60 days."""
        return not self.is_expired and self.not_after - timezone.now() < timedelta(days=60)


def in_order_of_use(certificates: Iterable[Certificate]) -> list[Certificate]:
    """Return those that are valid now, the one in use first: the last one chosen, else the one stored first.

    A newer one stands by until it is chosen, or the older one is removed or has expired: Entra may not know it yet.
    """
    now = timezone.now()
    usable = [each for each in certificates if each.not_before <= now < each.not_after]
    return sorted(
        usable, key=lambda each: (-each.activated_at.timestamp() if each.activated_at else 0.0, each.added_at)
    )
