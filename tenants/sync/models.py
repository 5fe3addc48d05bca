"""Synchronizations: each reading of organizations and relationships from Microsoft."""

from django.db import models

from portal.core.identifiers import uuid7
from tenants.partner.models import Partner


class SynchronizationState(models.TextChoices):
    """Where a synchronization stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"


class Synchronization(models.Model):
    """One reading of a partner's organizations, with its progress."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="synchronizations")
    state = models.CharField(max_length=20, choices=SynchronizationState.choices, default=SynchronizationState.QUEUED)
    step = models.CharField(max_length=200, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    vanished = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_by = models.CharField(max_length=300)
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True, help_text="The moment from which what was read counts as known.")
    changed = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "synchronization"
        indexes = [models.Index(fields=["partner", "-requested_at"], name="synchronization_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["partner"], condition=models.Q(state__in=["queued", "running"]), name="synchronization_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"Synchronization of {self.partner}"
