"""Variables of organizations: named texts that differ from customer to customer."""

from django.db import models

from portal.core.identifiers import uuid7
from tenants.organizations.models import Organization


class OrganizationVariable(models.Model):
    """One named text of one organization."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="variables")
    name = models.CharField(max_length=60)
    value = models.CharField(max_length=1000)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=300)

    class Meta:
        db_table = "organization_variable"
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="organization_variable_once"),
        ]
        indexes = [models.Index(fields=["name", "organization"], name="organization_variable_by_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
