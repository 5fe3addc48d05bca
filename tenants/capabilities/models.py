"""Capabilities: which cmdlets Exchange offers to an identity in an organization."""

from django.db import models

from portal.core.identifiers import uuid7
from tenants.organizations.models import Organization
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile


class CmdletSet(models.Model):
    """Names of cmdlets that some organizations offer alike, kept once: a thousand organizations share a few sets.

    `id` is the SHA-256 of the sorted names in lower case. `names` holds them in Exchange's spelling, each between two
    line breaks.
    """

    id = models.CharField(primary_key=True, max_length=64)
    number = models.PositiveIntegerField()
    names = models.TextField()

    class Meta:
        db_table = "cmdlet_set"

    def __str__(self) -> str:
        return f"{self.number} cmdlets"


class Capabilities(models.Model):
    """What one connection profile may run in one organization, as a connection test has read it.

    `outdated_at` is when a later connection was told something else about the cmdlet `outdated_by`, or, where that is
    empty, when the connection profile was changed or retired. `identity` is for people to read.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="capabilities")
    profile = models.ForeignKey(ConnectionProfile, on_delete=models.PROTECT, related_name="capabilities")
    service = models.CharField(max_length=10, choices=ProfileService.choices[1:])
    cmdlets = models.ForeignKey(CmdletSet, on_delete=models.PROTECT, related_name="capabilities")
    identity = models.CharField(max_length=200)
    run_id = models.UUIDField()
    read_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    outdated_at = models.DateTimeField(null=True)
    outdated_by = models.CharField("cmdlet that differed", max_length=100, blank=True)

    class Meta:
        db_table = "capabilities"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "profile", "service"], name="capabilities_once_per_profile_and_service"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cmdlets_id[:8]} in {self.organization_id}"

    @property
    def why_outdated(self) -> str:
        """Why the list is no knowledge any more; empty while it is."""
        if self.outdated_at is None:
            return ""
        if not self.outdated_by:
            return "The connection profile was changed since."
        return f"A later connection was told otherwise about {self.outdated_by}."
