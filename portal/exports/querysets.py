"""Questions about exports."""

from typing import TYPE_CHECKING, Self

from django.db import models

from portal.core.actors import Actor
from portal.core.permissions import Permission

if TYPE_CHECKING:
    from portal.exports.models import Export  # noqa: F401 - the queryset's type


class ExportQuerySet(models.QuerySet["Export"]):
    """Filters over exports."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the exports that `actor` may know of: their own, or all."""
        return self if actor.has_everywhere(Permission.EXPORT_READ_ALL) else self.asked_by(actor)

    def asked_by(self, actor: Actor) -> Self:
        """Return the exports that `actor` asked for."""
        return self.filter(requested_by_id=actor.id)
