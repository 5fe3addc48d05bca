"""Questions about connection profiles."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from portal.core.actors import Actor
from portal.core.authority import ScopeKind
from portal.core.permissions import Permission
from portal.core.scoping import organizations_in_scope

if TYPE_CHECKING:
    from tenants.profiles.models import ConnectionProfile  # noqa: F401 - the queryset's type


class ConnectionProfileQuerySet(models.QuerySet["ConnectionProfile"]):
    """Filters over connection profiles."""

    def visible_to(self, actor: Actor) -> Self:
        """Return those that `actor` may see: who sees some organizations only, those that apply to one of them."""
        there = organizations_in_scope(actor, Permission.ORGANIZATION_READ)
        if there is None:
            return self
        assignments = self.model._meta.get_field("assignments").related_model._default_manager
        to_visible = Q(organization__in=there.values("pk")) | Q(partner__in=there.values("partner"))
        granted = [scope.id for scope in actor.scopes(Permission.ORGANIZATION_READ) if scope.kind is ScopeKind.GROUP]
        return self.filter(pk__in=assignments.filter(to_visible | Q(group__in=granted)).values("profile"))

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
