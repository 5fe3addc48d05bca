"""App registrations of the partner and their certificates."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from portal.core.identifiers import uuid7
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
        """The valid certificate that was stored first; the others stand by."""
        now = timezone.now()
        usable = (c for c in self.certificates.all() if c.not_before <= now < c.not_after)
        return min(usable, key=lambda c: c.added_at, default=None)


class Certificate(models.Model):
    """A certificate of an app registration; its private key is sealed and never shown again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    app_registration = models.ForeignKey(AppRegistration, on_delete=models.PROTECT, related_name="certificates")
    subject = models.CharField(max_length=400)
    thumbprint = models.CharField("SHA-1 thumbprint", max_length=40, unique=True)
    thumbprint_sha256 = models.CharField("SHA-256 thumbprint", max_length=64)
    not_before = models.DateTimeField("valid from")
    not_after = models.DateTimeField("expires")
    certificate_pem = models.TextField()
    sealed_private_key = models.BinaryField()
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.CharField(max_length=300)

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
