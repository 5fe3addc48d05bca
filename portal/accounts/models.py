"""People and the roles they hold."""

from functools import cached_property
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from portal.accounts.policy import Role, permissions_of
from portal.accounts.saved_filters.models import SavedFilter  # noqa: F401 - Django looks for models here
from portal.core.actors import Actor, ActorKind, Source


class UserManager(BaseUserManager["User"]):
    """Finds people by their sign-in name."""


class User(AbstractBaseUser):
    """A person who can sign in."""

    username = models.CharField("sign-in name", max_length=150, unique=True)
    display_name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField("may sign in", default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        db_table = "user"

    def __str__(self) -> str:
        return self.display_name

    @cached_property
    def roles(self) -> list[str]:
        """The roles held, sorted."""
        return sorted(self.role_assignments.values_list("role", flat=True))

    @cached_property
    def role_labels(self) -> str:
        """The roles held, in words."""
        return ", ".join(Role(role).label for role in self.roles)

    def as_actor(self, source: Source, address: str = "") -> Actor:
        """Return this person as the actor of what follows, with the rights held now."""
        return Actor(
            ActorKind.PERSON,
            str(self.pk),
            f"{self.display_name} ({self.username})",
            permissions_of(self.roles),
            source,
            address,
        )


class RoleAssignment(models.Model):
    """One role held by one person."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.CharField(max_length=30, choices=Role.choices)
    granted_by = models.CharField(max_length=300)
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "role_assignment"
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="role_assignment_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
