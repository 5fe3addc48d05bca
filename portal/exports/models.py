"""Exports: who asked for which file, how far it is, and until when it can be downloaded."""

from django.db import models
from django.db.models import Q

from portal.core.identifiers import uuid7
from portal.exports.querysets import ExportQuerySet


class ExportState(models.TextChoices):
    """Where an export stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


UNDER_WAY = (ExportState.QUEUED, ExportState.RUNNING)


class ExportFormat(models.TextChoices):
    """What an export is written as."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    JSONL = "jsonl", "JSONL"


class Export(models.Model):
    """A file of everything that a listing shows, made by an RQ job with the rights of the person who asked.

    `of_id` is the thing whose parts are listed (a run, a group, a cmdlet), empty for lists of everything. `query` is
    the query string of the page; `filters` says it in words. `total` is None where counting costs as much as writing.
    `attempt` grows each time that a worker begins: a worker that was thought lost can no longer change anything.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    listing = models.CharField(max_length=60)
    of_id = models.CharField(max_length=100, blank=True)
    query = models.TextField(blank=True)
    title = models.CharField(max_length=400)
    filters = models.TextField(blank=True)
    page = models.TextField(blank=True)
    run_id = models.UUIDField(null=True)
    format = models.CharField(max_length=10, choices=ExportFormat.choices)
    state = models.CharField(max_length=20, choices=ExportState.choices, default=ExportState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    row_count = models.PositiveIntegerField(default=0)
    byte_count = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    notes = models.TextField(blank=True)
    error = models.TextField(blank=True)
    requested_by_id = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=300)
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        db_table = "export"
        indexes = [
            models.Index(fields=["-requested_at", "-id"], name="export_newest"),
            models.Index(fields=["requested_by_id", "-requested_at", "-id"], name="export_of_person"),
            models.Index(
                fields=["state"], condition=Q(state__in=["queued", "running", "ready"]), name="export_to_sweep"
            ),
        ]

    def __str__(self) -> str:
        return self.title
