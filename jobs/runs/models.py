"""Runs, their targets, attempts and connections."""

from typing import Any

from django.db import models
from django.db.models import Q

from jobs.runs.purposes import Purpose
from jobs.runs.querysets import ConnectionQuerySet, RunQuerySet, RunTargetQuerySet
from jobs.runs.states import OPEN_TARGET_STATES, RunState, TargetState
from portal.core.identifiers import uuid7
from tenants.organizations.models import Organization
from tenants.profiles.methods import Method


class Run(models.Model):
    """One launch of a cmdlet over a frozen list of organizations."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=20, choices=RunState.choices, default=RunState.DRAFT)
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.CMDLET, blank=True)
    cmdlet = models.CharField(max_length=100)
    risk = models.CharField(max_length=20)
    effect = models.CharField(max_length=20)
    service = models.CharField(max_length=10)
    plan = models.JSONField()
    plan_hash = models.CharField(max_length=64)
    powershell = models.TextField()
    reason = models.CharField(max_length=500, blank=True)
    ticket = models.CharField(max_length=100, blank=True)
    target_count = models.PositiveIntegerField()
    counts = models.JSONField(default=dict)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="runs")
    requested_by_id = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=300)
    drafted_at = models.DateTimeField(auto_now_add=True)
    launched_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.CharField(max_length=300, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        db_table = "run"
        indexes = [
            models.Index(fields=["-launched_at", "-id"], name="run_newest"),
            models.Index(fields=["cmdlet", "-launched_at"], name="run_by_cmdlet"),
            models.Index(fields=["requested_by_id", "-launched_at"], name="run_of_person"),
            models.Index(fields=["launched_at"], condition=Q(state__in=["queued", "running"]), name="run_open"),
        ]

    def __str__(self) -> str:
        places = "1 organization" if self.target_count == 1 else f"{self.target_count} organizations"
        what = "Connection test" if self.is_connection_test else self.cmdlet
        return f"{what} in {places}"

    @property
    def is_connection_test(self) -> bool:
        """Whether the run asks which organizations can be reached, and what we may do there."""
        return self.purpose == Purpose.CONNECTION_TEST

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the plan, as they are sent."""
        parameters: dict[str, Any] = self.plan["parameters"]
        return parameters


class RunSecret(models.Model):
    """A secret parameter of a run, sealed; the row is deleted when the run ends."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="secrets")
    name = models.CharField(max_length=100)
    is_protected = models.BooleanField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "run_secret"
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="run_secret_once_per_parameter")]

    def __str__(self) -> str:
        return self.name


class RunTarget(models.Model):
    """One organization within a run: one Celery task."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="targets")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="run_targets")
    organization_name = models.CharField(max_length=300)
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=TargetState.choices, default=TargetState.QUEUED)
    fence = models.PositiveBigIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    attempt_count = models.PositiveIntegerField(default=0)
    intent_fence = models.PositiveBigIntegerField(null=True)
    error_class = models.CharField(max_length=60, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    error_detail = models.TextField(blank=True)
    row_count = models.PositiveIntegerField(null=True)
    warning_count = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    objects = RunTargetQuerySet.as_manager()

    class Meta:
        db_table = "run_target"
        constraints = [
            models.UniqueConstraint(fields=["run", "organization"], name="run_target_once_per_organization"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_TARGET_STATES) ^ Q(finished_at__isnull=False), name="run_target_ends_once"
            ),
        ]
        indexes = [
            models.Index(fields=["run", "position"], name="run_target_in_order"),
            models.Index(fields=["run", "state"], name="run_target_by_state"),
            models.Index(fields=["run", "changed_at"], name="run_target_changes"),
            models.Index(fields=["organization", "-finished_at"], name="run_target_of_organization"),
            models.Index(fields=["finished_at"], include=["state"], name="run_target_by_end"),
            models.Index(
                fields=["error_class", "-finished_at"],
                include=["organization", "state"],
                condition=~Q(error_class=""),
                name="run_target_by_failure",
            ),
            models.Index(fields=["not_before"], condition=Q(state="queued"), name="run_target_due"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="run_target_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.run} · {self.organization_name}"


class Attempt(models.Model):
    """One try at a run target."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run_target = models.ForeignKey(RunTarget, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    fence = models.PositiveBigIntegerField()
    worker = models.CharField(max_length=120)
    claimed_at = models.DateTimeField()
    connected_at = models.DateTimeField(null=True)
    intended_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    error_class = models.CharField(max_length=60, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    error_detail = models.TextField(blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    client_request_id = models.CharField(max_length=100, blank=True)
    server = models.CharField(max_length=253, blank=True)
    retry_after_seconds = models.FloatField(null=True)

    class Meta:
        db_table = "attempt"
        constraints = [models.UniqueConstraint(fields=["run_target", "fence"], name="attempt_once_per_fence")]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"Attempt {self.number}"


class CloseKind(models.TextChoices):
    """How a connection was closed."""

    NORMAL = "normal", "Normally"
    ERROR = "error", "After an error"
    REAPER = "reaper", "By the reaper"


class Connection(models.Model):
    """One opened, and always closed, connection of one attempt: the ledger's row.

    `host` is the server's, with the region or the redirect that was followed; `cmdlet_count` is how many cmdlets were
    sent, None while it is open and where the worker died before it could say so.
    """

    id = models.UUIDField("connection-id", primary_key=True, editable=False)
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="connection")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, db_index=False, related_name="connections")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, db_index=False, related_name="connections")
    service = models.CharField(max_length=10)
    environment = models.CharField(max_length=30, blank=True)
    host = models.CharField(max_length=253, blank=True)
    method = models.CharField(max_length=60, choices=Method.choices)
    identity = models.CharField(max_length=200)
    requested_by = models.CharField(max_length=300, blank=True)
    opened_by = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=120, blank=True)
    close_kind = models.CharField(max_length=10, choices=CloseKind.choices, blank=True)
    close_reason = models.CharField(max_length=200, blank=True)
    cmdlet_count = models.PositiveIntegerField(null=True)
    duration = models.GeneratedField(
        expression=models.F("closed_at") - models.F("opened_at"), output_field=models.DurationField(), db_persist=True
    )

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        db_table = "connection"
        indexes = [
            models.Index(fields=["opened_at"], condition=Q(closed_at=None), name="connection_open"),
            models.Index(fields=["-opened_at", "-id"], name="connection_newest"),
            models.Index(fields=["organization", "-opened_at", "-id"], name="connection_of_organization"),
            models.Index(fields=["run", "-opened_at", "-id"], name="connection_of_run"),
            models.Index(fields=["requested_by", "-opened_at", "-id"], name="connection_of_person"),
            models.Index(fields=["method", "-opened_at", "-id"], name="connection_by_method"),
            models.Index(fields=["-duration", "-id"], name="connection_longest"),
            # What seldom occurs costs nothing elsewhere, and is found without reading everything.
            models.Index(
                fields=["close_kind", "-opened_at"],
                condition=Q(close_kind__in=["error", "reaper"]),
                name="connection_closed_badly",
            ),
            models.Index(
                fields=["service", "-opened_at"], condition=~Q(service="exo"), name="connection_of_other_service"
            ),
            models.Index(
                fields=["environment", "-opened_at"],
                condition=~Q(environment="O365Default"),
                name="connection_of_other_cloud",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
