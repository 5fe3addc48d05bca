"""Organization groups: named sets of organizations."""

from django.db import models
from django.db.models.functions import Lower

from portal.core.identifiers import uuid7
from tenants.groups.querysets import OrganizationGroupQuerySet
from tenants.organizations.models import Organization


class OrganizationGroup(models.Model):
    """A named set of organizations: picked by hand, or whoever fits its rule (`tenants.groups.rules`) now."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    organizations = models.ManyToManyField(Organization, related_name="groups", db_table="organization_group_member")
    rule = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    objects = OrganizationGroupQuerySet.as_manager()

    class Meta:
        db_table = "organization_group"
        constraints = [models.UniqueConstraint(Lower("name"), name="organization_group_name_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_by_rule(self) -> bool:
        """Whether a rule says who belongs to it."""
        return self.rule is not None
