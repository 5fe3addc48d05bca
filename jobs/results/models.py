"""Results: what Exchange answered."""

from django.db import models

from jobs.runs.models import Attempt, RunTarget


class Result(models.Model):
    """What Exchange answered to one step of an attempt: objects, warnings, errors, and the requests without secrets.

    `body` is zstd-compressed JSON lines, one object a line; `sha256` and `byte_count` are of the lines uncompressed.
    `exchanges` is zstd-compressed JSON: a list of request and response pairs. A late result came from a worker that had
    lost its lease; it is evidence and never an outcome.
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, db_index=False, related_name="results")
    step = models.PositiveSmallIntegerField(default=1, db_default=1)
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
        constraints = [models.UniqueConstraint(fields=["attempt", "step"], name="result_once_per_step")]

    def __str__(self) -> str:
        return f"{self.row_count} objects"
