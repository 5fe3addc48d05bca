"""Who was granted which role, where, until when, within which limits."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from portal.accounts.policy import Role
from portal.core.authority import ScopeKind

MOST_ELEVATED_HOURS = 8


class CustomRole(models.Model):
    """A role of this installation's own: a name and its permissions."""

    name = models.CharField(max_length=100)
    purpose = models.CharField(max_length=300, blank=True)
    permissions = ArrayField(models.CharField(max_length=60))
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=300)

    class Meta:
        db_table = "custom_role"
        constraints = [models.UniqueConstraint(Lower("name"), name="custom_role_name_once")]

    def __str__(self) -> str:
        return self.name


class NamedSet(models.Model):
    """A named set of cmdlets, such as “Mail flow read”, to which grants can be limited."""

    name = models.CharField(max_length=100)
    cmdlets = ArrayField(models.CharField(max_length=100))
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=300)

    class Meta:
        db_table = "named_set"
        constraints = [models.UniqueConstraint(Lower("name"), name="named_set_name_once")]

    def __str__(self) -> str:
        return self.name


class GrantKind(models.TextChoices):
    """How a grant holds.

    eligible: it gives nothing by itself; the person may elevate to it. elevation: taken out of an eligible one, for
    some hours and a reason.
    """

    STANDING = "standing", "Standing"
    ELIGIBLE = "eligible", "May elevate"
    ELEVATION = "elevation", "Elevated"


class RoleGrant(models.Model):
    """A role given to a person over a scope; it ends by itself at `until`, or when somebody revokes it.

    `limits` is stored as `portal.accounts.grants.limits` reads and writes it. Rows are kept: who could do what in March
    has an answer.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="role_grants")
    kind = models.CharField(
        max_length=12, choices=GrantKind.choices, default=GrantKind.STANDING, db_default=GrantKind.STANDING
    )
    role = models.CharField(max_length=30, choices=Role.choices, blank=True)
    custom_role = models.ForeignKey(CustomRole, on_delete=models.PROTECT, null=True, related_name="grants")
    scope_kind = models.CharField(
        max_length=12,
        choices=[(kind.value, kind.value.capitalize()) for kind in ScopeKind],
        default=ScopeKind.EVERYTHING,
        db_default=ScopeKind.EVERYTHING,
    )
    scope_id = models.UUIDField(null=True)
    scope_name = models.CharField(max_length=300, blank=True, default="", db_default="")
    limits = models.JSONField(default=dict, db_default={})
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    ticket = models.CharField(max_length=100, blank=True, default="", db_default="")
    elevates = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="elevations")
    granted_by = models.CharField(max_length=300)
    granted_by_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    granted_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=300, blank=True, default="", db_default="")
    revoke_reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        db_table = "role_grant"
        constraints = [
            models.CheckConstraint(condition=Q(role="") ^ Q(custom_role__isnull=True), name="role_grant_of_one_role"),
            models.CheckConstraint(
                condition=Q(scope_kind=ScopeKind.EVERYTHING) ^ Q(scope_id__isnull=False), name="role_grant_scope_named"
            ),
            models.CheckConstraint(
                condition=~Q(kind=GrantKind.ELEVATION)
                | (Q(until__isnull=False, elevates__isnull=False) & ~Q(reason="")),
                name="role_grant_elevation_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["user"], condition=Q(revoked_at=None), name="role_grant_live"),
            models.Index(fields=["scope_id"], condition=Q(revoked_at=None), name="role_grant_of_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.role_name} of {self.user_id}"

    @property
    def role_name(self) -> str:
        """The role in words; a custom one has to be loaded."""
        return str(Role(self.role).label) if self.role else str(self.custom_role)
