"""Who acts: a person, or the system itself."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from portal.core.permissions import Permission, PermissionRefused


class ActorKind(StrEnum):
    """What kind of actor it is."""

    PERSON = "person"
    SYSTEM = "system"


class Source(StrEnum):
    """The door through which an action came in."""

    WEB = "web"
    COMMAND_LINE = "command line"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with the rights held at this moment; handed to every service as its first argument."""

    kind: ActorKind
    id: str
    label: str
    permissions: frozenset[Permission]
    source: Source
    address: str = ""

    @classmethod
    def system(cls, label: str) -> Self:
        """Return the part of Signalbox called `label`, which acts by itself and holds every right."""
        return cls(ActorKind.SYSTEM, label, label, frozenset(Permission), Source.TASK)

    def through(self, source: Source, address: str = "") -> "Actor":
        """Return the same actor coming through another door."""
        return replace(self, source=source, address=address)

    def has(self, permission: Permission) -> bool:
        """Whether the actor holds `permission`."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise `PermissionRefused` unless the actor holds `permission`: the one gate."""
        if permission not in self.permissions:
            raise PermissionRefused(self.label, permission)
