"""What was found out about unknown outcomes."""

from django.db import models
from django.db.models import Q

from jobs.runs.models import RunTarget
from jobs.runs.states import Verdict
from portal.core.identifiers import uuid7


class Reconciliation(models.Model):
    """One look at an unknown outcome, or one decision of a person about it; the newest one that has a verdict counts.

    Looks are numbered from 1, decisions have no number. `reading` is the organization within the run that reads back;
    `judged_at` is empty while that goes on, and `verdict` while it is too early to say. `lines` are the values that
    were sent beside those that are there: a list of name, wanted, found and match.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run_target = models.ForeignKey(RunTarget, on_delete=models.PROTECT, related_name="reconciliations")
    step = models.PositiveSmallIntegerField(default=1)
    look = models.PositiveSmallIntegerField(null=True)
    reading = models.ForeignKey(RunTarget, on_delete=models.PROTECT, null=True, related_name="read_for")
    read_cmdlet = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True)
    detail = models.TextField(blank=True)
    lines = models.JSONField(default=list)
    by_id = models.CharField(max_length=64)
    by = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    next_look_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reconciliation"
        ordering = ["made_at", "id"]
        constraints = [models.UniqueConstraint(fields=["run_target", "look"], name="reconciliation_once_per_look")]
        indexes = [
            models.Index(fields=["run_target", "-made_at"], name="reconciliation_of_target"),
            models.Index(fields=["made_at"], condition=Q(judged_at=None), name="reconciliation_going_on"),
        ]

    def __str__(self) -> str:
        return self.get_verdict_display() or "Too early to say"
