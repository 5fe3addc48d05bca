"""The rail: the pages that the signed-in person may open."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.web.access import actor_of
from portal.core.permissions import Permission

ENTRIES: tuple[tuple[str, str, str, Permission | None], ...] = (
    ("home", "Home", "home", None),
    ("tenants:organizations", "Organizations", "building-office-2", Permission.ORGANIZATION_READ),
    ("jobs:cmdlets", "Cmdlets", "command-line", Permission.CMDLET_READ),
    ("jobs:runs", "Runs", "rectangle-stack", Permission.RUN_READ),
    ("audit:events", "Audit", "shield-check", Permission.AUDIT_EVENT_READ),
    ("tenants:app-registrations", "App registrations", "key", Permission.APP_REGISTRATION_READ),
)


@dataclass(frozen=True, slots=True)
class RailItem:
    """One entry of the rail; `current` when the page lies under it."""

    word: str
    icon: str
    url: str
    current: bool


def rail(request: HttpRequest) -> list[RailItem]:
    """Return the entries that the person behind `request` may open; none when nobody is signed in."""
    if not isinstance(getattr(request, "user", None), User):
        return []
    actor = actor_of(request)
    return [
        RailItem(word, icon, url, _lies_under(request.path, url))
        for name, word, icon, permission in ENTRIES
        if permission is None or actor.has(permission)
        for url in [reverse(name)]
    ]


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `rail`, worked out only when a template asks for it."""
    return {"rail": partial(rail, request)}


def _lies_under(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)
