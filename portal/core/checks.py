"""System checks: an installation that cannot keep its promises does not start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's own name
from django.core.exceptions import ImproperlyConfigured

from portal.core.context import is_simulated_cloud
from portal.core.secrets.start import check_root_keys

# What a round of the sweeper itself may take of the minute after which nothing of a dead worker is open any more.
_LONGEST_TAKING_BACK = 55


@register(Tags.security)
def root_keys_are_usable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a missing, short or shared encryption key."""
    try:
        check_root_keys()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="Keep it in a file outside the database.", id="signalbox.E001")]
    return []


@register(Tags.security)
def production_speaks_to_microsoft(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse base URLs of a simulated cloud in production."""
    if settings.SETTINGS_MODULE != "portal.settings.production" or not (
        is_simulated_cloud() or settings.MICROSOFT_CA_FILE or any(settings.EXCHANGE_REDIRECT_HOSTS.values())
    ):
        return []
    return [
        Error(
            "A base URL of Microsoft's services is overridden in production.",
            hint="Unset MICROSOFT_CA_FILE, and of every environment what ends in _LOGIN_URL, _GRAPH_URL, "
            "_PARTNER_CENTER_URL, _EXCHANGE_URL, _COMPLIANCE_URL and _REDIRECT_HOSTS, as in O365DEFAULT_LOGIN_URL.",
            id="signalbox.E002",
        )
    ]


@register()
def dead_workers_are_cleared_away_in_time(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn when the connections of a dead worker may stay open for more than a minute."""
    if settings.LEASE_SECONDS + settings.SWEEP_SECONDS <= _LONGEST_TAKING_BACK:
        return []
    return [
        Warning(
            f"A dead worker's connections may stay open for {settings.LEASE_SECONDS + settings.SWEEP_SECONDS} s.",
            hint=f"LEASE_SECONDS and SWEEP_SECONDS together must not exceed {_LONGEST_TAKING_BACK}.",
            id="signalbox.W003",
        )
    ]
