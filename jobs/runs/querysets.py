"""Questions about runs and their targets."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from jobs.runs.purposes import Purpose
from jobs.runs.states import OPEN_RUN_STATES, OPEN_TARGET_STATES, RunState
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.scoping import organizations_in_scope

if TYPE_CHECKING:
    from jobs.runs.models import Connection, Run, RunTarget  # noqa: F401 - the querysets' types


def _organizations(actor: Actor, *also: Permission) -> "QuerySet[Any] | None":
    return organizations_in_scope(actor, Permission.RUN_READ, Permission.ORGANIZATION_READ, *also)


class RunQuerySet(models.QuerySet["Run"]):
    """Filters over runs."""

    def visible_to(self, actor: Actor, *also: Permission) -> Self:
        """Return the runs that `actor` may see: their own, and those that went nowhere beyond their scope.

        With `also`, the others count only where the actor holds that as well.
        """
        there = _organizations(actor, *also)
        if there is None:
            return self
        targets = self.model._meta.get_field("targets").related_model._default_manager.filter(run=OuterRef("pk"))
        elsewhere = targets.exclude(organization__in=there.values("pk"))
        own = Q(requested_by_id=actor.id) if actor.has(Permission.RUN_READ) else Q(pk__in=[])
        return self.filter(own | Q(Exists(targets), ~Exists(elsewhere)))

    def launched(self) -> Self:
        """Return those that were launched: everything but drafts."""
        return self.exclude(state=RunState.DRAFT)

    def open(self) -> Self:
        """Return those that can still change by themselves."""
        return self.filter(state__in=OPEN_RUN_STATES)

    def of_people(self) -> Self:
        """Return those that somebody wanted: all but the readings by which Signalbox looks into unknown outcomes."""
        return self.exclude(purpose=Purpose.RECONCILIATION)


class RunTargetQuerySet(models.QuerySet["RunTarget"]):
    """Filters over run targets."""

    def visible_to(self, actor: Actor, *also: Permission) -> Self:
        """Return the targets that `actor` may see, and where the actor holds `also` as well."""
        there = _organizations(actor, *also)
        return self if there is None else self.filter(organization__in=there.values("pk"))

    def of_people(self) -> Self:
        """Return those of runs that somebody wanted."""
        return self.exclude(run__purpose=Purpose.RECONCILIATION)

    def open(self) -> Self:
        """Return those that have no outcome yet."""
        return self.filter(state__in=OPEN_TARGET_STATES)

    def count_by_state(self) -> dict[str, int]:
        """Return how many targets are in each state that occurs."""
        return dict(self.order_by().values_list("state").annotate(number=Count("pk")))


class ConnectionQuerySet(models.QuerySet["Connection"]):
    """Filters over the ledger of connections."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the connections that `actor` may see."""
        there = _organizations(actor)
        return self if there is None else self.filter(organization__in=there.values("pk"))

    def open(self) -> Self:
        """Return those that have not been closed yet."""
        return self.filter(closed_at=None)
