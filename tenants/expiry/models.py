"""Warnings that something ends soon: one for each thing, each end and each threshold."""

from django.db import models

from portal.core.identifiers import uuid7


class ExpiryKind(models.TextChoices):
    """What ends."""

    RELATIONSHIP = "relationship", "Delegated admin relationship"
    CERTIFICATE = "certificate", "Certificate"


class ExpiryWarning(models.Model):
    """That something came within so many days of its end; another end begins anew. Keys are values: rows outlive both.

    `days` is the threshold that was crossed, `ends_at` the end as it was known then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=ExpiryKind.choices)
    key = models.CharField(max_length=100)
    ends_at = models.DateTimeField()
    days = models.PositiveIntegerField()
    warned_at = models.DateTimeField()

    class Meta:
        db_table = "expiry_warning"
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "ends_at", "days"], name="expiry_warning_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} within {self.days} days"
