"""Questions to saved filters."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from portal.core.actors import Actor, ActorKind
from portal.core.permissions import Permission

if TYPE_CHECKING:
    from portal.accounts.saved_filters.models import SavedFilter  # noqa: F401 - the queryset's type


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    """Filters over saved filters."""

    def of(self, actor: Actor) -> Self:
        """Return those that this very person saved."""
        return self.filter(person=actor.id) if actor.kind == ActorKind.PERSON and actor.id else self.none()

    def visible_to(self, actor: Actor) -> Self:
        """Return one's own and those that others share; a filter may name what only they see who see everything."""
        if not actor.has_everywhere(Permission.ORGANIZATION_READ):
            return self.of(actor)
        own = Q(person=actor.id) if actor.kind == ActorKind.PERSON and actor.id else Q()
        return self.filter(own | Q(is_shared=True))
