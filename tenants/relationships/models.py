"""GDAP and CSP relationships, with Graph's own status names."""

from django.db import models

from portal.core.identifiers import uuid7
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.relationships.querysets import RelationshipChangeQuerySet


class DelegatedAdminRelationship(models.Model):
    """One GDAP relationship between the partner and an organization (exchange-protocol.md 4.1)."""

    id = models.CharField(primary_key=True, max_length=100)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="delegated_admin_relationships"
    )
    display_name = models.CharField(max_length=300)
    status = models.CharField(max_length=40)
    role_ids = models.JSONField(default=list)
    auto_extend_duration = models.CharField(max_length=20, blank=True)
    activated_at = models.DateTimeField(null=True)
    end_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField()

    class Meta:
        db_table = "delegated_admin_relationship"
        ordering = ["-end_at"]

    def __str__(self) -> str:
        return self.display_name


class AccessAssignment(models.Model):
    """The roles that a security group of the partner holds through a relationship (exchange-protocol.md 4.2)."""

    id = models.CharField(primary_key=True, max_length=200)
    relationship = models.ForeignKey(
        DelegatedAdminRelationship, on_delete=models.CASCADE, related_name="access_assignments"
    )
    container_id = models.CharField(max_length=100)
    status = models.CharField(max_length=40)
    role_ids = models.JSONField(default=list)

    class Meta:
        db_table = "access_assignment"

    def __str__(self) -> str:
        return f"{self.container_id}: {self.status}"


class ResellerRelationship(models.Model):
    """A CSP reseller relationship, as Partner Center lists it; it grants no access by itself."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="reseller_relationship")
    relationship_to_partner = models.CharField(max_length=60)
    read_at = models.DateTimeField()

    class Meta:
        db_table = "reseller_relationship"

    def __str__(self) -> str:
        return self.relationship_to_partner


class VersionKind(models.TextChoices):
    """What a version is about."""

    GDAP = "gdap", "Delegated admin relationship"
    RESELLER = "reseller", "Reseller relationship"
    GROUP = "group", "Security group"


class RelationshipVersion(models.Model):
    """What was known of one thing that gives access, from one reading to another; written once, ended once.

    `key` is Graph's id of the relationship or security group, or the tenant id of a reseller's customer; a security
    group belongs to no organization. `facts` are those of `tenants.relationships.facts`. `valid_from` is the first
    reading that found them so, `confirmed_at` the last one, and `valid_until` the one that found them different: the
    change itself lies between these two. Both are empty while the version is the present one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="relationship_versions")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="relationship_versions"
    )
    kind = models.CharField(max_length=20, choices=VersionKind.choices)
    key = models.CharField(max_length=100)
    facts = models.JSONField()
    valid_from = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "relationship_version"
        indexes = [models.Index(fields=["organization", "valid_from"], name="relationship_version_by_place")]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "kind", "key"],
                condition=models.Q(valid_until=None),
                name="relationship_version_one_present",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} from {self.valid_from:%Y-%m-%d %H:%M}"


class ChangeKind(models.TextChoices):
    """What changed."""

    APPEARED = "appeared", "Relationship appeared"
    DISAPPEARED = "disappeared", "Relationship disappeared"
    STATE = "state", "State"
    ROLES = "roles", "Roles"
    AUTO_EXTEND = "auto_extend", "Auto-extend"
    END = "end", "End date"
    NAME = "name", "Name"
    ASSIGNMENT = "assignment", "Access assignment"
    RESELLER = "reseller", "Reseller relationship"
    MEMBERSHIP = "membership", "Group membership"


class RelationshipChange(models.Model):
    """One difference that a reading found, in words, before and after; written once and never changed.

    `found_at` is the reading, `known_at` the reading before it: the change lies between. What concerns a security group
    of the partner belongs to no organization.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="relationship_changes")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="relationship_changes"
    )
    organization_name = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=20, choices=ChangeKind.choices)
    key = models.CharField(max_length=100)
    label = models.CharField(max_length=300)
    before = models.TextField()
    after = models.TextField()
    known_at = models.DateTimeField()
    found_at = models.DateTimeField()

    objects = RelationshipChangeQuerySet.as_manager()

    class Meta:
        db_table = "relationship_change"
        indexes = [
            models.Index(fields=["-found_at", "-id"], name="relationship_change_newest"),
            models.Index(fields=["organization", "-found_at"], name="relationship_change_by_place"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.get_kind_display()}: {self.before} → {self.after}"
