"""What must be approved, what waits for approval, and who approved what."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from jobs.approvals.querysets import ApprovalRequestQuerySet
from jobs.runs.models import Run
from portal.core.identifiers import uuid7

LIFETIME = timedelta(minutes=60)
"""How long a run waits for approval; after that it expires."""


class ApprovalPolicy(models.Model):
    """Which runs must be approved, and by how many others; a run must fulfil all that is given here.

    `key` names the policy of Signalbox's own whose place it takes. `cmdlets` are names as in the catalogue, `risks` its
    risk classes; a run of several steps is met by any of them. `over_organizations` means more than so many, and
    `group_id` a run that touches an organization of that group.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(max_length=40, null=True, unique=True)
    name = models.CharField(max_length=100)
    is_on = models.BooleanField(default=True)
    risks = ArrayField(models.CharField(max_length=20), default=list)
    cmdlets = ArrayField(models.CharField(max_length=100), default=list)
    over_organizations = models.PositiveIntegerField(null=True)
    group_id = models.UUIDField(null=True)
    group_name = models.CharField(max_length=300, blank=True)
    approvers = models.PositiveSmallIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=300)

    class Meta:
        db_table = "approval_policy"
        constraints = [
            models.UniqueConstraint(Lower("name"), name="approval_policy_name_once"),
            models.CheckConstraint(condition=Q(approvers__in=(1, 2)), name="approval_policy_one_or_two"),
        ]

    def __str__(self) -> str:
        return self.name


class RequestState(models.TextChoices):
    """Where a request for approval stands; only one that waits can be answered, so each is used once."""

    WAITING = "waiting", "Waits for approval"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"
    VOIDED = "voided", "Void"


class ApprovalRequest(models.Model):
    """A run that waits, or waited, for approval of exactly the plan of this hash.

    `policies` says in words which policies ask for it. `barred` are the humans who may not approve it: who requested
    it, and who last changed the job that it comes from. `emergency_at` is when its requester declared an emergency,
    `reading` the run that last read what is there before the change.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="approval_request")
    plan_hash = models.CharField(max_length=64)
    approvers = models.PositiveSmallIntegerField()
    policies = models.JSONField(default=list)
    requester_human = models.CharField(max_length=80)
    barred = ArrayField(models.CharField(max_length=80), default=list)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=RequestState.choices, default=RequestState.WAITING)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=300, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    emergency_at = models.DateTimeField(null=True)
    emergency_reason = models.CharField(max_length=500, blank=True)
    reading = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ApprovalRequestQuerySet.as_manager()

    class Meta:
        db_table = "approval_request"
        constraints = [
            models.CheckConstraint(condition=Q(state="waiting") ^ Q(ended_at__isnull=False), name="approval_ends_once"),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "-id"], name="approval_request_newest"),
            models.Index(fields=["expires_at"], condition=Q(state="waiting"), name="approval_request_waiting"),
        ]

    def __str__(self) -> str:
        return f"Approval of {self.run}"

    @property
    def is_waiting(self) -> bool:
        """Whether it can still be answered, as far as its row says: the clock may say otherwise."""
        return self.state == RequestState.WAITING

    @property
    def look(self) -> str:
        """The state under which badges know it: “approved” is also a state of relationships, which goes on there."""
        return "agreed" if self.state == RequestState.APPROVED else self.state

    @property
    def standing(self) -> int:
        """How many approvals were not withdrawn."""
        return sum(approval.withdrawn_at is None for approval in self.approvals.all())

    @property
    def is_emergency(self) -> bool:
        """Whether its requester declared an emergency."""
        return self.emergency_at is not None


class ApprovalKind(models.TextChoices):
    """approval: by somebody who may approve. emergency: the second person of an emergency."""

    APPROVAL = "approval", "Approved"
    EMERGENCY = "emergency", "Confirmed the emergency"


class Approval(models.Model):
    """One human's word that a plan may be carried out, signed; it holds until it is withdrawn.

    `signature` is keyed by a key that the database does not hold, and covers everything else that counts.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="approvals")
    kind = models.CharField(max_length=10, choices=ApprovalKind.choices)
    person_id = models.CharField(max_length=64)
    person = models.CharField(max_length=300)
    human = models.CharField(max_length=80)
    requester_human = models.CharField(max_length=80)
    plan_hash = models.CharField(max_length=64)
    comment = models.CharField(max_length=500)
    stepped_up_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField()
    signature = models.CharField(max_length=64)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=300, blank=True)
    withdraw_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "approval"
        ordering = ["given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "human"], condition=Q(withdrawn_at=None), name="approval_once_per_human"
            ),
            models.CheckConstraint(condition=~Q(human=F("requester_human")), name="approval_by_another_human"),
            models.CheckConstraint(condition=~Q(human=""), name="approval_by_a_human"),
        ]
        indexes = [models.Index(fields=["person_id"], condition=Q(withdrawn_at=None), name="approval_of_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.person}"


class NoticeKind(models.TextChoices):
    """How somebody is told of a request."""

    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Webhook"


class ApprovalNotice(models.Model):
    """One message about a request that is to be delivered, or was."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=10, choices=NoticeKind.choices)
    address = models.CharField(max_length=2000)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "approval_notice"
        indexes = [models.Index(fields=["due_at"], condition=Q(sent_at=None), name="approval_notice_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} about {self.request_id}"
