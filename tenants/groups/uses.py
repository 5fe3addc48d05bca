"""Saved things that use an organization group: whoever saves a group's id registers here how to find its uses."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from portal.core.actors import Actor
from tenants.groups.models import OrganizationGroup


@dataclass(frozen=True, slots=True)
class Use:
    """One saved thing that names a group: what kind it is, what it is called, where its page is."""

    kind: str
    label: str
    url: str


Finder = Callable[[Actor, OrganizationGroup], Iterable[Use]]
_finders: list[Finder] = []


def register(finder: Finder) -> Finder:
    """Let `finder` say which saved things use a group; once, when its app is ready."""
    _finders.append(finder)
    return finder


def uses_of(actor: Actor, group: OrganizationGroup) -> list[Use]:
    """Return every saved thing that uses `group`."""
    return [use for finder in _finders for use in finder(actor, group)]
