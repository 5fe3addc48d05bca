"""The rail and the person's own menu: the pages that the signed-in person may open."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from portal.accounts.models import User
from portal.accounts.web.access import actor_of
from portal.core.permissions import Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the rail: its url name, word, icon, the key after `g`, who may open it, and what else lies there."""

    name: str
    word: str
    icon: str
    key: str
    permission: Permission | None = None
    also: tuple[str, ...] = ()


ENTRIES = (
    Entry("home", "Home", "home", "h"),
    Entry("tenants:organizations", "Organizations", "building-office-2", "o", Permission.ORGANIZATION_READ),
    Entry("jobs:cmdlets", "Cmdlets", "command-line", "c", Permission.CMDLET_READ),
    Entry("jobs:jobs", "Jobs", "bookmark-square", "j", Permission.RUN_LAUNCH),
    Entry("jobs:runs", "Runs", "rectangle-stack", "r", Permission.RUN_READ, also=("/targets/",)),
    Entry("exports:list", "Exports", "arrow-down-tray", "e", Permission.CMDLET_READ),
    Entry("audit:events", "Audit", "shield-check", "a", Permission.AUDIT_EVENT_READ),
    Entry("tenants:app-registrations", "Connections", "key", "n", Permission.APP_REGISTRATION_READ),
)

OWN_ENTRIES = (Entry("tenants:sign-ins", "My sign-ins", "finger-print", "", Permission.RUN_LAUNCH),)


@dataclass(frozen=True, slots=True)
class RailItem:
    """One entry of the rail; `current` when the page lies under it."""

    word: str
    icon: str
    key: str
    url: str
    current: bool


def rail(request: HttpRequest) -> list[RailItem]:
    """Return the entries that the person behind `request` may open; none when nobody is signed in."""
    return _items(request, ENTRIES)


def own_menu(request: HttpRequest) -> list[RailItem]:
    """Return the entries of the person's own menu, as `rail` does."""
    return _items(request, OWN_ENTRIES)


def _items(request: HttpRequest, entries: tuple[Entry, ...]) -> list[RailItem]:
    if not isinstance(getattr(request, "user", None), User):
        return []
    actor = actor_of(request)
    return [
        RailItem(entry.word, entry.icon, entry.key, url, _lies_under(request.path, (url, *entry.also)))
        for entry in entries
        if (url := _address(entry.name)) and (entry.permission is None or actor.has(entry.permission))
    ]


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `rail` and `own_menu`, worked out only when a template asks for them."""
    return {"rail": partial(rail, request), "own_menu": partial(own_menu, request)}


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _lies_under(path: str, urls: tuple[str, ...]) -> bool:
    return any(path == url if url == "/" else path.startswith(url) for url in urls)
