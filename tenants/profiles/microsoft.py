"""How this installation reaches Microsoft: environments with its base URLs, and the process's one HTTP stack."""

from functools import cache

import httpx
from django.conf import settings

from tenants.microsoft.environments import ENVIRONMENTS, Environment, with_base_urls
from tenants.microsoft.http import LoginHttp, light_client
from tenants.tokens.applications import MsalApplications


@cache
def environment_named(name: str) -> Environment:
    """Return the environment `name` with the base URLs and redirect hosts that the settings override."""
    environment = with_base_urls(
        ENVIRONMENTS[name],
        login_url=settings.MICROSOFT_BASE_URLS["login_url"] or None,
        graph_url=settings.MICROSOFT_BASE_URLS["graph_url"] or None,
        partner_center_url=settings.MICROSOFT_BASE_URLS["partner_center_url"] or None,
        exchange_url=settings.MICROSOFT_BASE_URLS["exchange_url"] or None,
        compliance_url=settings.MICROSOFT_BASE_URLS["compliance_url"] or None,
    )
    if settings.EXCHANGE_REDIRECT_HOSTS:
        hosts = environment.allowed_hosts | set(settings.EXCHANGE_REDIRECT_HOSTS)
        environment = with_base_urls(environment, allowed_hosts=frozenset(hosts))
    return environment


def ca_file() -> str | None:
    """Return the file of the only certificate authority to trust, or None for the system's."""
    return settings.MICROSOFT_CA_FILE or None


@cache
def msal_applications() -> MsalApplications:
    """Return the process's msal objects."""
    return MsalApplications(LoginHttp(ca_file=ca_file()))


def microsoft_client() -> httpx.Client:
    """Return a client with cookies of its own for the partner's own calls."""
    return light_client(ca_file=ca_file())
