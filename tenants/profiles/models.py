"""Connection profiles: how to get into an organization, and where each applies."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from portal.core.identifiers import uuid7
from portal.core.secrets.fields import SealedField
from portal.core.secrets.places import Place as PlaceOfSecret
from tenants.app_registrations.models import AppRegistration
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.methods import Delegation, Method, ProfileService
from tenants.profiles.querysets import ConnectionProfileQuerySet

Place = Partner | OrganizationGroup | Organization


def place_of_access_token(profile: "ConnectionProfile") -> PlaceOfSecret:
    """Return what the access token of a profile is bound to: also to its tenant and its end."""
    return {
        "table": "connection_profile",
        "row": profile.pk,
        "column": "sealed_access_token",
        "organization": profile.token_tenant_id,
        "version": profile.token_ends_at.isoformat() if profile.token_ends_at else None,
    }


class ConnectionProfile(models.Model):
    """How to connect to an organization: method, identity, environment, service.

    An empty `environment` means the organization's own. An empty `thumbprint` means the certificate in use; a null
    `app_registration` any of the partner's. `managed_identity` is the client id of a user-assigned one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="connection_profiles")
    name = models.CharField(max_length=200)
    method = models.CharField(max_length=40, choices=Method.choices)
    service = models.CharField(max_length=10, choices=ProfileService.choices, default=ProfileService.BOTH)
    environment = models.CharField(max_length=30, blank=True)
    delegation = models.CharField(max_length=10, choices=Delegation.choices, blank=True)
    app_registration = models.ForeignKey(
        AppRegistration, on_delete=models.PROTECT, null=True, related_name="connection_profiles"
    )
    thumbprint = models.CharField("certificate thumbprint", max_length=40, blank=True)
    user_principal_name = models.CharField(max_length=320, blank=True)
    managed_identity = models.CharField("managed identity account id", max_length=400, blank=True)
    sealed_access_token = SealedField(null=True, place=place_of_access_token)
    token_tenant_id = models.UUIDField(null=True)
    token_audience = models.CharField(max_length=200, blank=True)
    token_ends_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=300)
    retired_at = models.DateTimeField(null=True)

    objects = ConnectionProfileQuerySet.as_manager()

    class Meta:
        db_table = "connection_profile"
        constraints = [
            models.UniqueConstraint(
                "partner", Lower("name"), condition=Q(retired_at=None), name="connection_profile_name_once"
            )
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProfileAssignment(models.Model):
    """Where a connection profile applies for one service: to a partner by default, to a group, or an organization.

    The organization's own comes first, then that of the group with the lowest `rank`, then the partner's default.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    profile = models.ForeignKey(ConnectionProfile, on_delete=models.PROTECT, related_name="assignments")
    service = models.CharField(max_length=10, choices=ProfileService.choices[1:])
    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, null=True, related_name="default_profile_assignments"
    )
    group = models.ForeignKey(
        OrganizationGroup, on_delete=models.PROTECT, null=True, related_name="profile_assignments"
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, related_name="profile_assignments"
    )
    rank = models.PositiveIntegerField(default=0)
    assigned_at = models.DateTimeField(auto_now_add=True)
    assigned_by = models.CharField(max_length=300)

    class Meta:
        db_table = "profile_assignment"
        constraints = [
            models.CheckConstraint(
                condition=Q(partner__isnull=False, group=None, organization=None)
                | Q(partner=None, group__isnull=False, organization=None)
                | Q(partner=None, group=None, organization__isnull=False),
                name="profile_assignment_has_one_place",
            ),
            models.UniqueConstraint(fields=["partner", "service"], name="profile_assignment_once_per_partner"),
            models.UniqueConstraint(
                fields=["group", "service", "profile"], name="profile_assignment_once_per_group_and_profile"
            ),
            models.UniqueConstraint(
                fields=["organization", "service"], name="profile_assignment_once_per_organization"
            ),
        ]
        ordering = ["rank", "assigned_at"]

    def __str__(self) -> str:
        return f"{self.profile} for {self.service}"

    @property
    def place(self) -> Place:
        """Where the profile applies."""
        place = self.partner or self.group or self.organization
        assert place is not None  # noqa: S101 - a constraint of the table
        return place
