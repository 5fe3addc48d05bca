"""Who acts: a person, or the system itself."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from django.conf import settings

from portal.core.authority import Grant, Rule, Scope, ScopeKind
from portal.core.permissions import DECIDED_PER_PLACE, Permission, PermissionRefused, StepUpRequired


class ActorKind(StrEnum):
    """What kind of actor it is."""

    PERSON = "person"
    SYSTEM = "system"


class Source(StrEnum):
    """The door through which an action came in."""

    WEB = "web"
    COMMAND_LINE = "command line"
    TASK = "task"


def _held_by(grant: Grant) -> frozenset[Permission]:
    everywhere = grant.scope.kind is ScopeKind.EVERYTHING
    return grant.permissions if everywhere else grant.permissions & DECIDED_PER_PLACE


EVERY_RIGHT = Grant(0, "Signalbox", frozenset(Permission))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with the grants held at this moment; handed to every service as its first argument.

    `human` is the same for all accounts of one human being; `stepped_up_at` is when that human last proved to be there,
    in UTC.
    """

    kind: ActorKind
    id: str
    label: str
    grants: tuple[Grant, ...]
    source: Source
    address: str = ""
    human: str = ""
    stepped_up_at: datetime | None = None
    permissions: frozenset[Permission] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        held = frozenset[Permission]().union(*map(_held_by, self.grants))
        object.__setattr__(self, "permissions", held)

    @classmethod
    def system(cls, label: str) -> Self:
        """Return the part of Signalbox called `label`, which acts by itself and holds every right."""
        return cls(ActorKind.SYSTEM, label, label, (EVERY_RIGHT,), Source.TASK)

    def through(self, source: Source, address: str = "") -> "Actor":
        """Return the same actor coming through another door."""
        return replace(self, source=source, address=address)

    def has(self, permission: Permission) -> bool:
        """Whether the actor holds `permission`: over everything, or somewhere if places decide about it."""
        return permission in self.permissions

    def has_everywhere(self, permission: Permission) -> bool:
        """Whether the actor holds `permission` over everything."""
        return any(permission in each.permissions and each.scope.kind is ScopeKind.EVERYTHING for each in self.grants)

    def require(self, permission: Permission) -> None:
        """Raise `PermissionRefused` unless the actor holds `permission`, as `has` says: the one gate."""
        if permission in self.permissions:
            return
        if self.scopes(permission):
            raise PermissionRefused(self.label, permission, self._only_in_parts(permission), Rule.SCOPE_OUTSIDE)
        raise PermissionRefused(self.label, permission)

    def require_everywhere(self, permission: Permission) -> None:
        """Raise `PermissionRefused` unless the actor holds `permission` over everything."""
        self.require(permission)
        if not self.has_everywhere(permission):
            raise PermissionRefused(self.label, permission, self._only_in_parts(permission), Rule.SCOPE_OUTSIDE)

    def require_step_up(self) -> None:
        """Raise `StepUpRequired` unless a person in a browser proved to be there just now; nobody else can."""
        if self.source is not Source.WEB:
            return
        freshness = timedelta(seconds=settings.STEP_UP_SECONDS)
        if self.stepped_up_at is None or self.stepped_up_at < datetime.now(UTC) - freshness:
            raise StepUpRequired(self.label)

    def scopes(self, permission: Permission) -> tuple[Scope, ...]:
        """Return where the actor holds `permission`."""
        return tuple(grant.scope for grant in self.grants if permission in grant.permissions)

    def _only_in_parts(self, permission: Permission) -> str:
        return (
            f"{self.label} may not do this: the permission “{permission.value}” is granted for some organizations "
            "only, and this concerns all of them. Ask an administrator for a grant over everything."
        )
