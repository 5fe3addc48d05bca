"""Organizations: the customers' Microsoft 365 organizations."""

from django.db import models
from django.utils import timezone

from portal.core.identifiers import uuid7
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.partner.models import Partner


class Reachability(models.TextChoices):
    """Whether we can get in, as the last attempt showed."""

    UNTRIED = "untried", "Not tried yet"
    REACHABLE = "reachable", "Reachable"
    UNREACHABLE = "unreachable", "Not reachable"


class RelationshipState(models.TextChoices):
    """The best delegated admin relationship that an organization has with the partner."""

    ACTIVE = "active", "GDAP active"
    PENDING = "pending", "GDAP pending"
    ENDED = "ended", "GDAP ended"
    NONE = "none", "No GDAP"


class Organization(models.Model):
    """A customer's Microsoft 365 organization.

    `environment` is the cloud it is entered in, `detected_environment` the one that the login host names, empty before
    it was asked. `compliance_host` is where its Security & Compliance was found last (origin of a URL), empty if not.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="organizations")
    tenant_id = models.UUIDField(unique=True)
    name = models.CharField(max_length=300)
    initial_domain = models.CharField(max_length=253)
    default_domain = models.CharField(max_length=253)
    environment = models.CharField(max_length=30, default="O365Default")
    detected_environment = models.CharField(max_length=30, blank=True)
    environment_detected_at = models.DateTimeField(null=True)
    is_added_by_hand = models.BooleanField(default=False)
    relationship_state = models.CharField(
        max_length=20, choices=RelationshipState.choices, default=RelationshipState.NONE
    )
    relationship_ends_at = models.DateTimeField(null=True)
    relationship_extends = models.BooleanField("relationship extends itself", default=False)
    is_reseller_customer = models.BooleanField(default=False)
    reachability = models.CharField(max_length=20, choices=Reachability.choices, default=Reachability.UNTRIED)
    reachability_class = models.CharField(max_length=60, blank=True)
    reachability_reason = models.CharField(max_length=300, blank=True)
    reachability_fix = models.CharField(max_length=1000, blank=True)
    reachability_checked_at = models.DateTimeField(null=True)
    compliance_host = models.CharField(max_length=300, blank=True)
    compliance_host_found_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField(auto_now_add=True)
    vanished_at = models.DateTimeField(null=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        db_table = "organization"
        indexes = [
            models.Index(fields=["name", "id"], name="organization_by_name"),
            models.Index(fields=["reachability", "name"], name="organization_by_reachability"),
        ]

    def __str__(self) -> str:
        return self.name

    def note_environment(self, detected: str) -> None:
        """Remember which cloud the login host named just now; does not save."""
        self.detected_environment, self.environment_detected_at = detected, timezone.now()

    @property
    def is_partners_own(self) -> bool:
        """Whether this is the own organization of its partner, which has to be loaded."""
        return self.tenant_id == self.partner.tenant_id
