"""Questions about organizations."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.scoping import organizations_in_scope

if TYPE_CHECKING:
    from tenants.organizations.models import Organization  # noqa: F401 - the queryset's type


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Filters over organizations."""

    def visible_to(self, actor: Actor, *also: Permission) -> Self:
        """Return the organizations that `actor` may see, and where the actor holds `also` as well."""
        there = organizations_in_scope(actor, Permission.ORGANIZATION_READ, *also)
        return self if there is None else self.filter(pk__in=there.values("pk"))

    def served(self) -> Self:
        """Return those that are still the partner's customers."""
        return self.filter(vanished_at=None)

    def matching(self, text: str) -> Self:
        """Return those whose name or domain contains every word of `text`."""
        found = self
        for word in text.split():
            found = found.filter(
                Q(name__icontains=word) | Q(default_domain__icontains=word) | Q(initial_domain__icontains=word)
            )
        return found

    def ending_within(self, span: timedelta, now: datetime) -> Self:
        """Return those whose active relationship ends after `now` and within `span`, and does not extend itself."""
        active = self.filter(relationship_state="active", relationship_extends=False)
        return active.filter(relationship_ends_at__gt=now, relationship_ends_at__lte=now + span)
