"""GDAP and CSP relationships, with Graph's own status names."""

from django.db import models

from tenants.organizations.models import Organization


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
