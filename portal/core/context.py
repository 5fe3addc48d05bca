"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's facts: whether a simulated cloud stands in for Microsoft."""
    return {"simulated_cloud": is_simulated_cloud()}


def is_simulated_cloud() -> bool:
    """Whether the base URLs lead somewhere else than to Microsoft."""
    return any(settings.MICROSOFT_BASE_URLS.values())
