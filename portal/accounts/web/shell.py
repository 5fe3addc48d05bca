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
    """One page of the rail: its url name, word, icon, the key after `g`, who may open it, and what else lies there.

    One that does what cannot be taken back has no key, and is `dangerous`.
    """

    name: str
    word: str
    icon: str
    key: str
    permission: Permission | None = None
    also: tuple[str, ...] = ()
    dangerous: bool = False


ENTRIES = (
    Entry("home", "Home", "home", "h"),
    Entry("tenants:organizations", "Organizations", "building-office-2", "o", Permission.ORGANIZATION_READ),
    Entry("jobs:cmdlets", "Cmdlets", "command-line", "c", Permission.CMDLET_READ),
    Entry("jobs:jobs", "Jobs", "bookmark-square", "j", Permission.RUN_LAUNCH),
    Entry("jobs:runs", "Runs", "rectangle-stack", "r", Permission.RUN_READ, also=("/targets/",)),
    Entry("jobs:approvals", "Approvals", "hand-thumb-up", "p", Permission.RUN_READ, also=("/approval-policies/",)),
    Entry("exports:list", "Exports", "arrow-down-tray", "e", Permission.CMDLET_READ),
    Entry("audit:events", "Audit", "shield-check", "a", Permission.AUDIT_EVENT_READ),
    Entry("accounts:people", "People", "users", "u", Permission.PERSON_READ, also=("/roles/", "/named-sets/")),
    Entry("jobs:connections", "Connections", "key", "n", Permission.RUN_READ, also=("/app-registrations/",)),
    Entry("jobs:status", "Status", "heart", "s", Permission.RUN_READ),
    Entry("jobs:global-stop", "Stop everything", "hand-raised", "", Permission.GLOBAL_STOP_ORDER, dangerous=True),
)
CONNECTIONS = (
    ("jobs:connections", "Ledger", Permission.RUN_READ),
    ("tenants:profiles", "Profiles", Permission.ORGANIZATION_READ),
    ("tenants:app-registrations", "App registrations", Permission.APP_REGISTRATION_READ),
    ("jobs:failures", "Failures", Permission.CMDLET_READ),
)
"""The pages that share the entry "Connections": url name, word, who may open it."""

OWN_ENTRIES = (
    Entry("tenants:sign-ins", "My sign-ins", "finger-print", "", Permission.RUN_LAUNCH),
    Entry("accounts:my-roles", "My roles", "identification", ""),
    Entry("jobs:why", "Why can I?", "question-mark-circle", ""),
    Entry("accounts:factors", "My second factors", "key", ""),
    Entry("accounts:sessions", "My sessions", "computer-desktop", ""),
)


@dataclass(frozen=True, slots=True)
class RailItem:
    """One entry of the rail; `current` when the page lies under it."""

    word: str
    icon: str
    key: str
    url: str
    current: bool
    dangerous: bool = False


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
        RailItem(entry.word, entry.icon, entry.key, url, _lies_under(request.path, (url, *entry.also)), entry.dangerous)
        for entry in entries
        if (url := _address(entry.name)) and (entry.permission is None or actor.has(entry.permission))
    ]


@dataclass(frozen=True, slots=True)
class AreaTab:
    """One page of an area, for `components/_tabs.html`."""

    word: str
    url: str
    current: bool
    count: None = None


def connection_tabs(request: HttpRequest) -> list[AreaTab]:
    """Return the pages about connections that the person behind `request` may open."""
    if not isinstance(getattr(request, "user", None), User):
        return []
    actor = actor_of(request)
    pages = [(word, url) for name, word, needed in CONNECTIONS if (url := _address(name)) and actor.has(needed)]
    # The ledger's address begins every other one of the area: the longest that fits is where we are.
    current = max((url for _, url in pages if request.path.startswith(url)), key=len, default="")
    return [AreaTab(word, url, url == current) for word, url in pages]


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `rail`, `own_menu` and `connection_tabs`, worked out only when a template asks for them."""
    return {
        "rail": partial(rail, request),
        "own_menu": partial(own_menu, request),
        "connection_tabs": partial(connection_tabs, request),
    }


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _lies_under(path: str, urls: tuple[str, ...]) -> bool:
    return any(path == url if url == "/" else path.startswith(url) for url in urls)
