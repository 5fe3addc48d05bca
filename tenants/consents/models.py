"""Consent: whether an organization lets an app registration of the partner in, as far as it was seen."""

from django.db import models

from portal.core.identifiers import uuid7
from tenants.app_registrations.models import AppRegistration
from tenants.organizations.models import Organization


class ConsentState(models.TextChoices):
    """What was seen of a consent."""

    GRANTED = "granted", "Granted"
    MISSING = "missing", "Missing"
    REFUSED = "refused", "Refused"
    UNKNOWN = "unknown", "Not known"


class Consent(models.Model):
    """The consent of one organization to one app registration, as the last attempt to get in showed.

    `permissions` are the app roles and delegated scopes that its tokens carried; `evidence` is Microsoft's code
    ("AADSTS65001") or "token".
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    app_registration = models.ForeignKey(AppRegistration, on_delete=models.PROTECT, related_name="consents")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="consents")
    state = models.CharField(max_length=20, choices=ConsentState.choices)
    permissions = models.JSONField(default=list)
    evidence = models.CharField(max_length=100)
    error_class = models.CharField(max_length=60, blank=True)
    checked_at = models.DateTimeField()

    class Meta:
        db_table = "consent"
        constraints = [models.UniqueConstraint(fields=["app_registration", "organization"], name="consent_once")]
        indexes = [models.Index(fields=["organization"], name="consent_by_organization")]

    def __str__(self) -> str:
        return f"{self.app_registration} in {self.organization}: {self.state}"


class ConsentChange(models.Model):
    """A consent that was seen to be other than before; written once and never changed. `known_at`: seen as before."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    app_registration = models.ForeignKey(AppRegistration, on_delete=models.PROTECT, related_name="consent_changes")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="consent_changes")
    before = models.CharField(max_length=20, choices=ConsentState.choices)
    after = models.CharField(max_length=20, choices=ConsentState.choices)
    permissions = models.JSONField(default=list)
    evidence = models.CharField(max_length=100)
    known_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField()

    class Meta:
        db_table = "consent_change"
        indexes = [models.Index(fields=["organization", "-found_at"], name="consent_change_by_place")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
