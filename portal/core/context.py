"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEME_COOKIE = "theme"
THEMES = ("light", "dark")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's facts: whether a simulated cloud stands in for Microsoft, and the theme that was chosen."""
    return {"simulated_cloud": is_simulated_cloud(), "theme": theme_of(request)}


def is_simulated_cloud() -> bool:
    """Whether the base URLs lead somewhere else than to Microsoft."""
    return any(url for urls in settings.MICROSOFT_BASE_URLS.values() for url in urls.values())


def theme_of(request: HttpRequest) -> str:
    """Return the theme that the person chose in this browser; empty means the system's."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""
