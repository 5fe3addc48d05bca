"""How this installation reaches Microsoft: environments with its base URLs, and the process's one HTTP stack."""

from functools import cache
from typing import Any

import httpx
from django.conf import settings

from tenants.microsoft.environments import ENVIRONMENTS, Environment, require_open, with_base_urls
from tenants.microsoft.http import LoginHttp, light_client
from tenants.tokens.applications import MsalApplications


@cache
def environment_named(name: str) -> Environment:
    """Return the open environment `name` with the base URLs and redirect hosts that the settings override.

    Raises `EnvironmentRefused` for one that is closed or unknown.
    """
    urls: dict[str, Any] = {address: url or None for address, url in settings.MICROSOFT_BASE_URLS.get(name, {}).items()}
    environment = with_base_urls(require_open(name), **urls)
    hosts = environment.allowed_hosts | set(settings.EXCHANGE_REDIRECT_HOSTS.get(name, ()))
    return with_base_urls(environment, allowed_hosts=frozenset(hosts))


def open_environments() -> list[Environment]:
    """Return every environment that can be connected to, as `environment_named` does."""
    return [environment_named(name) for name, known in ENVIRONMENTS.items() if not known.closed]


def ca_file() -> str | None:
    """Return the file of the only certificate authority to trust, or None for the system's."""
    return settings.MICROSOFT_CA_FILE or None


@cache
def login_http() -> LoginHttp:
    """Return what msal asks the login host and Azure's managed identity services with."""
    return LoginHttp(ca_file=ca_file())


@cache
def msal_applications() -> MsalApplications:
    """Return the process's msal objects."""
    return MsalApplications(login_http())


def microsoft_client() -> httpx.Client:
    """Return a client with cookies of its own for the partner's own calls."""
    return light_client(ca_file=ca_file())
