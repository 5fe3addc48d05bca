"""People who can sign in."""

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import QuerySet

from portal.accounts.factors.models import EnrolmentCode, Factor, RecoveryCode  # noqa: F401 - Django looks here
from portal.accounts.grants.facts import LIVE_GRANTS, grants_of
from portal.accounts.grants.models import CustomRole, NamedSet, RoleGrant  # noqa: F401 - Django looks for models here
from portal.accounts.saved_filters.models import SavedFilter  # noqa: F401 - Django looks for models here
from portal.accounts.sessions.models import Session  # noqa: F401 - Django looks for models here
from portal.accounts.throttling.models import SignInFailure  # noqa: F401 - Django looks for models here
from portal.core.actors import Actor, ActorKind, Source
from portal.core.authority import Grant


class UserManager(BaseUserManager["User"]):
    """Finds people, together with what they were granted."""

    def get_queryset(self) -> "QuerySet[User]":
        """Return a query over people that reads their live grants as well: one query says who may do what."""
        return super().get_queryset().annotate(live_grants=LIVE_GRANTS)


class User(AbstractBaseUser):
    """A person who can sign in.

    `entra_tenant_id` and `entra_object_id` name the human behind the account; a local account may name its human too.
    """

    username = models.CharField("sign-in name", max_length=150, unique=True)
    display_name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField("may sign in", default=True)
    entra_tenant_id = models.UUIDField(null=True)
    entra_object_id = models.UUIDField(null=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        db_table = "user"
        constraints = [
            models.UniqueConstraint(
                fields=["entra_tenant_id", "entra_object_id"],
                condition=models.Q(is_active=True, entra_object_id__isnull=False),
                name="user_of_one_microsoft_account",
            )
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What the person may do, as it was when the person was read; nothing once the account is disabled."""
        if not self.is_active:
            return ()
        if "live_grants" not in self.__dict__:
            return User.objects.get(pk=self.pk).grants
        return self._granted

    @cached_property
    def _granted(self) -> tuple[Grant, ...]:
        rows: list[dict[str, Any]] = self.__dict__["live_grants"]
        return grants_of(rows)

    @property
    def role_labels(self) -> str:
        """The roles held, in words."""
        return ", ".join(sorted({grant.role for grant in self.grants}))

    @property
    def human(self) -> str:
        """The human behind the account: the same for all accounts of one human being."""
        return f"entra:{self.entra_object_id}" if self.entra_object_id else f"account:{self.pk}"

    def as_actor(self, source: Source, address: str = "") -> Actor:
        """Return this person as the actor of what follows, with the grants held when the person was read."""
        return Actor(
            ActorKind.PERSON,
            str(self.pk),
            f"{self.display_name} ({self.username})",
            self.grants,
            source,
            address,
            self.human,
        )
