"""What is kept in mind of organizations that throttled or failed, and of identities that are refused tokens."""

from django.db import models
from django.db.models import Q

from jobs.throttling.decisions import MOST_SLOTS, Reason
from tenants.organizations.models import Organization


class OrganizationGate(models.Model):
    """One organization that throttled or failed lately; the others have no row.

    Nothing is sent there until `closed_until`, and afterwards at most `slots` (rounded down) attempts are in flight
    there. The rest as in `jobs.throttling.decisions.Gate`.
    """

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, primary_key=True, related_name="gate")
    closed_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    error_class = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(null=True)
    throttled = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    openings = models.PositiveIntegerField(default=0)
    slots = models.FloatField(default=MOST_SLOTS)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "organization_gate"
        indexes = [
            models.Index(fields=["closed_until"], condition=Q(closed_until__isnull=False), name="organization_gate_end")
        ]

    def __str__(self) -> str:
        return f"Gate of {self.organization}"


class IdentityPace(models.Model):
    """One identity that the login host asked to slow down lately: at most `slots` (rounded down) are in flight as it.

    `key` is what `RunTarget.identity` holds. The others have no row.
    """

    key = models.CharField(max_length=200, primary_key=True)
    slots = models.FloatField()
    slowed_at = models.DateTimeField()

    class Meta:
        db_table = "identity_pace"

    def __str__(self) -> str:
        return f"{self.slots:.0f} at a time as {self.key}"


class IdentityBreaker(models.Model):
    """One identity that is refused tokens for a reason of its own; the others have no row.

    While `opened_at` is set, its targets wait: until `closed_until`, and then one is let through at a time. What was
    claimed before `paused_at` asks for no token. `refusals` are a JSON list of those that opened it, or of the last
    minute; `key` is what `RunTarget.identity` holds.
    """

    key = models.CharField(max_length=320, primary_key=True)
    name = models.CharField(max_length=320)
    refusals = models.JSONField(default=list)
    opened_at = models.DateTimeField(null=True)
    closed_until = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    openings = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "identity_breaker"

    def __str__(self) -> str:
        return f"Breaker of {self.name}"
