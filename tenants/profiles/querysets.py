"""Questions about connection profiles."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from portal.core.actors import Actor
from portal.core.permissions import Permission

if TYPE_CHECKING:
    from tenants.profiles.models import ConnectionProfile  # noqa: F401 - the queryset's type


class ConnectionProfileQuerySet(models.QuerySet["ConnectionProfile"]):
    """Filters over connection profiles."""

    def visible_to(self, actor: Actor) -> Self:
        """Return those that `actor` may see."""
        return self if actor.has(Permission.ORGANIZATION_READ) else self.none()

    def in_use(self) -> Self:
        """Return those that are not retired."""
        return self.filter(retired_at=None)

    def called(self, text: str) -> Self:
        """Return those whose name, account, application, certificate or note contains every word of `text`."""
        found = self
        for word in text.split():
            found = found.filter(
                Q(name__icontains=word)
                | Q(user_principal_name__icontains=word)
                | Q(managed_identity__icontains=word)
                | Q(app_registration__display_name__icontains=word)
                | Q(thumbprint__istartswith=word)
                | Q(note__icontains=word)
            )
        return found
