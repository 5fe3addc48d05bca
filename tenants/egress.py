"""Where this installation connects to: Microsoft's clouds, and what its settings name."""

from itertools import chain

from django.conf import settings

from portal.core.egress import hosts
from tenants.microsoft.environments import published_hosts


def allow_known_hosts() -> None:
    """Let this process connect to them, once when it starts."""
    hosts.allow(published_hosts())
    hosts.allow((*settings.EGRESS_HOSTS, *chain.from_iterable(settings.EXCHANGE_REDIRECT_HOSTS.values())))
    hosts.allow_urls(chain.from_iterable(urls.values() for urls in settings.MICROSOFT_BASE_URLS.values()))
    hosts.allow_urls(settings.MANAGED_IDENTITY_URLS)
