"""System checks of a production start, beyond Django's own `check --deploy`."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

LEAST_SECRET_KEY = 50


@register(Tags.security, deploy=True)
def production_is_closed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse what only a development machine may do."""
    return [Error(text, hint=hint, id=f"signalbox.{number}") for number, text, hint in _faults()]


def _faults() -> Iterator[tuple[str, str, str]]:
    if settings.DEBUG:
        yield "E010", "DEBUG is on: error pages would show what is in memory.", "Leave DEBUG off."
    if not settings.ALLOWED_HOSTS or any("*" in host or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        yield "E011", "ALLOWED_HOSTS must name every host exactly.", "As in ALLOWED_HOSTS=signalbox.example.com."
    if any("*" in origin or not origin.startswith("https://") for origin in settings.CSRF_TRUSTED_ORIGINS):
        yield "E012", "CSRF_TRUSTED_ORIGINS must name HTTPS origins exactly.", "As in https://signalbox.example.com."
    if len(settings.SECRET_KEY) < LEAST_SECRET_KEY:
        yield (
            "E013",
            f"SECRET_KEY has less than {LEAST_SECRET_KEY} characters.",
            "Make one with: openssl rand -base64 48",
        )
    if not _needs_password(settings.REDIS_URL):
        yield (
            "E014",
            "The broker takes commands from whoever reaches it: REDIS_URL holds no password.",
            "Set requirepass or an ACL user at the broker, and REDIS_URL_PASSWORD_FILE here.",
        )
    if settings.SILENCED_SYSTEM_CHECKS:
        yield "E015", "System checks are silenced.", "Leave SILENCED_SYSTEM_CHECKS empty."
    if settings.USE_X_FORWARDED_HOST:
        yield "E016", "The host would be taken from a header of the client.", "Leave USE_X_FORWARDED_HOST off."


def _needs_password(address: str) -> bool:
    return bool(urlsplit(address).password) or address.startswith("unix://")
