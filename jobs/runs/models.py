"""Runs, their targets, attempts and connections."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from jobs.runs.machine import Target
from jobs.runs.purposes import Purpose
from jobs.runs.querysets import ConnectionQuerySet, RunQuerySet, RunTargetQuerySet
from jobs.runs.shares import Share
from jobs.runs.states import OPEN_TARGET_STATES, RunState, TargetState, Verdict
from jobs.runs.steps import Step, steps_of
from portal.core.identifiers import uuid7
from portal.core.secrets.fields import SealedField
from portal.core.secrets.places import Place
from tenants.organizations.models import Organization
from tenants.profiles.methods import Method


class Run(models.Model):
    """One launch of one or several cmdlets over a frozen list of organizations.

    `cmdlet` is that of the first step, `effect` and `risk` are the worst of all steps. `retry_of` is the run whose
    organizations are tried again, `reconciles` the one whose unknown outcomes are read back. `held_for` is how long it
    was paused, or stopped with everything else, since it was started; the present pause or stop is not in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=20, choices=RunState.choices, default=RunState.DRAFT)
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.CMDLET, blank=True)
    cmdlet = models.CharField(max_length=100)
    risk = models.CharField(max_length=20)
    effect = models.CharField(max_length=20)
    service = models.CharField(max_length=10)
    plan = models.JSONField()
    plan_version = models.PositiveSmallIntegerField(default=1, db_default=1)
    step_count = models.PositiveSmallIntegerField(default=1, db_default=1)
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
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=300, blank=True, default="", db_default="")
    pause_reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    held_for = models.DurationField(default=timedelta, db_default=timedelta())
    share = models.PositiveSmallIntegerField(choices=Share.choices, default=Share.NORMAL, db_default=Share.NORMAL)
    retry_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="retries")
    reconciles = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="readings")

    objects = RunQuerySet.as_manager()

    class Meta:
        db_table = "run"
        indexes = [
            models.Index(fields=["-launched_at", "-id"], name="run_newest"),
            models.Index(fields=["cmdlet", "-launched_at"], name="run_by_cmdlet"),
            models.Index(fields=["requested_by_id", "-launched_at"], name="run_of_person"),
            models.Index(
                fields=["launched_at"], condition=Q(state__in=["queued", "running", "paused"]), name="run_open"
            ),
        ]

    def __str__(self) -> str:
        places = "1 organization" if self.target_count == 1 else f"{self.target_count} organizations"
        return f"{self.what} in {places}"

    @property
    def what(self) -> str:
        """What the run does, in few words."""
        if self.is_connection_test:
            return "Connection test"
        more = self.step_count - 1
        return f"{self.cmdlet} and {more} more {'step' if more == 1 else 'steps'}" if more else self.cmdlet

    @property
    def is_connection_test(self) -> bool:
        """Whether the run asks which organizations can be reached, and what we may do there."""
        return self.purpose == Purpose.CONNECTION_TEST

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is sent to each organization, in this order."""
        return steps_of(self.plan)

    @property
    def has_secrets(self) -> bool:
        """Whether a parameter of any step is secret."""
        return any(step.secrets for step in self.steps)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the first step, as they are sent."""
        return self.steps[0].parameters


def column_of(step: int, name: str) -> str:
    """Return what a secret parameter of a step is called where it is bound to its place."""
    return name if step == 1 else f"{step}/{name}"


def place_of_run_secret(row: "RunSecret") -> Place:
    """Return what a secret parameter is bound to."""
    column = column_of(row.step, row.name)
    return {"table": "run_secret", "row": row.run_id, "column": column, "purpose": "cmdlet parameter"}


class RunSecret(models.Model):
    """A secret parameter of one step of a run, sealed; the row is deleted when the run ends."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="secrets")
    step = models.PositiveSmallIntegerField(default=1, db_default=1)
    name = models.CharField(max_length=100)
    is_protected = models.BooleanField()
    sealed = SealedField(place=place_of_run_secret)

    class Meta:
        db_table = "run_secret"
        constraints = [models.UniqueConstraint(fields=["run", "step", "name"], name="run_secret_once")]

    def __str__(self) -> str:
        return self.name


class RunTarget(models.Model):
    """One organization within a run.

    `step` is the step that is next or in flight, counted from 1; `identity` names who asks for the token there.
    `strike_count` counts the attempts that something disturbed: those that were given back, or told to wait, do not
    count. `verdict` is what was found out later about an unknown outcome, which itself stays.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="targets")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="run_targets")
    organization_name = models.CharField(max_length=300)
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=TargetState.choices, default=TargetState.QUEUED)
    step = models.PositiveSmallIntegerField(default=1, db_default=1)
    identity = models.CharField(max_length=200, blank=True, default="", db_default="")
    fence = models.PositiveBigIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    attempt_count = models.PositiveIntegerField(default=0)
    strike_count = models.PositiveSmallIntegerField(default=0, db_default=0)
    intent_fence = models.PositiveBigIntegerField(null=True)
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True, default="", db_default="")
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
            models.Index(fields=["run", "position"], condition=Q(state="queued"), name="run_target_waiting"),
            models.Index(fields=["organization"], condition=Q(state="running"), name="run_target_in_flight"),
            models.Index(fields=["verdict", "finished_at"], condition=Q(state="unknown"), name="run_target_unknown"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="run_target_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.run} · {self.organization_name}"

    @property
    def standing(self) -> Target:
        """How it stands, for the state machine."""
        return Target(TargetState(self.state), self.step, self.fence, self.intent_fence, self.strike_count)


class StepOutcome(models.Model):
    """How one step of several ended in one organization; `state` is that of a target.

    `intended_at` is empty where nothing was sent.
    """

    run_target = models.ForeignKey(RunTarget, on_delete=models.PROTECT, related_name="step_outcomes")
    step = models.PositiveSmallIntegerField()
    attempt = models.ForeignKey("jobs.Attempt", on_delete=models.PROTECT, related_name="step_outcomes")
    state = models.CharField(max_length=20, choices=TargetState.choices)
    error_class = models.CharField(max_length=60, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    error_detail = models.TextField(blank=True)
    row_count = models.PositiveIntegerField(null=True)
    warning_count = models.PositiveIntegerField(default=0)
    intended_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()

    class Meta:
        db_table = "step_outcome"
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["run_target", "step"], name="step_outcome_once")]

    def __str__(self) -> str:
        return f"Step {self.step}: {self.get_state_display()}"


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
