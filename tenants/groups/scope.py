"""What the meaning of a filter or a rule depends on: who asks, when, and what there is now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from django.utils import timezone

from portal.core.actors import Actor
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization

Read = TypeVar("Read")


@dataclass
class Scope:
    """The names that filters and rules refer to, each read once and only when asked for."""

    actor: Actor
    now: datetime
    _read: dict[Callable[[Actor], Any], Any] = field(default_factory=dict)

    @classmethod
    def of(cls, actor: Actor) -> "Scope":
        """Return the scope of `actor` at this moment."""
        return cls(actor, timezone.now())

    def once(self, read: Callable[[Actor], Read]) -> Read:
        """Return what `read` finds for the actor, which is asked for once only, whoever needs it."""
        if read not in self._read:
            self._read[read] = read(self.actor)
        found: Read = self._read[read]
        return found

    @cached_property
    def groups(self) -> Mapping[str, OrganizationGroup]:
        """The organization groups that the actor may see, by id, in order of their names."""
        return {str(group.pk): group for group in OrganizationGroup.objects.visible_to(self.actor).by_name()}

    @cached_property
    def cause_titles(self) -> Mapping[str, str]:
        """Why organizations cannot be reached now: the title of each error class."""
        served = Organization.objects.visible_to(self.actor).served().exclude(reachability_class="")
        return dict(served.order_by().values_list("reachability_class", "reachability_reason").distinct())

    @cached_property
    def variable_names(self) -> list[str]:
        """The names of variables that are set in any organization."""
        named = Organization.objects.visible_to(self.actor).served().exclude(variables=None)
        return list(named.order_by("variables__name").values_list("variables__name", flat=True).distinct())
