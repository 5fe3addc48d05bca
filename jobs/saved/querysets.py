"""Questions about jobs and drafts of launches."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from jobs.runs.states import RunState
from portal.core.actors import Actor
from portal.core.permissions import Permission

if TYPE_CHECKING:
    from jobs.saved.models import Job, LaunchDraft  # noqa: F401 - the querysets' types

_NAMES_PLACES = r"(^|&)(organization|group|names|except|except_group|filter\.[^=]*)=[^&]"
"""Fields of a kept launch form that name organizations or organization groups."""
KEPT_FOR = timedelta(days=14)
"""How long a draft of a launch is kept after its last change."""


class JobQuerySet(models.QuerySet["Job"]):
    """Filters over jobs."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the jobs that `actor` may see: shared ones, and the actor's own.

        Who sees a part of the organizations sees no shared job that names some: they may lie outside it.
        """
        if not actor.has(Permission.RUN_READ):
            return self.none()
        shared = Q(shared=True)
        if not actor.has_everywhere(Permission.ORGANIZATION_READ):
            shared &= ~Q(typed__regex=_NAMES_PLACES)
        return self.filter(shared | Q(owner_id=actor.id))

    def matching(self, text: str) -> Self:
        """Return those whose name, description or cmdlet contains every word of `text`."""
        found = self
        for word in text.split():
            found = found.filter(Q(name__icontains=word) | Q(description__icontains=word) | Q(cmdlet__icontains=word))
        return found


class LaunchDraftQuerySet(models.QuerySet["LaunchDraft"]):
    """Filters over drafts of launches."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the drafts of this very person: nobody sees those of others."""
        return self.filter(person_id=actor.id)

    def unfinished(self, now: datetime) -> Self:
        """Return those that were not launched and are kept still."""
        waiting = Q(run=None) | Q(run__state=RunState.DRAFT)
        return self.filter(waiting, changed_at__gt=now - KEPT_FOR)
