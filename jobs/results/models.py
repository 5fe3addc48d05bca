"""Results: what Exchange answered; exports made of them."""

from django.db import models

from jobs.runs.models import Attempt, Run, RunTarget
from portal.core.identifiers import uuid7


class Result(models.Model):
    """What Exchange answered to one attempt: objects, warnings, errors, and the requests themselves without secrets.

    `body` is zstd-compressed JSON lines, one object a line; `sha256` and `byte_count` are of the lines uncompressed.
    `exchanges` is zstd-compressed JSON: a list of request and response pairs. A late result came from a worker that had
    lost its lease; it is evidence and never an outcome.
    """

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="result")
    run_target = models.ForeignKey(RunTarget, on_delete=models.PROTECT, related_name="results")
    is_late = models.BooleanField(default=False)
    body = models.BinaryField()
    row_count = models.PositiveIntegerField()
    byte_count = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    errors = models.JSONField(default=list)
    exchanges = models.BinaryField()
    duration_ms = models.PositiveIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "result"

    def __str__(self) -> str:
        return f"{self.row_count} objects"


class ExportState(models.TextChoices):
    """Where an export stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Expired"


class ExportFormat(models.TextChoices):
    """What an export is written as."""

    CSV = "csv", "CSV"
    JSONL = "jsonl", "JSONL"


class Export(models.Model):
    """A file of all results of a run, made by an RQ job."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="exports")
    format = models.CharField(max_length=10, choices=ExportFormat.choices)
    state = models.CharField(max_length=20, choices=ExportState.choices, default=ExportState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    row_count = models.PositiveIntegerField(default=0)
    byte_count = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    requested_by_id = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=300)
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "export"
        indexes = [models.Index(fields=["run", "-requested_at"], name="export_of_run")]

    def __str__(self) -> str:
        return f"{self.get_format_display()} of {self.run}"

    @property
    def file_name(self) -> str:
        """The name that a person sees when downloading."""
        return f"{self.run.cmdlet}-{self.run_id}.{self.format}"
