"""Which addresses a bearer token may be sent to, and where a redirect really leads (exchange-protocol.md 1.3, 3.8)."""

import re
from collections.abc import Set as AbstractSet
from urllib.parse import SplitResult, urljoin, urlsplit

_HTTPS_PORT = 443
_BACKEND_PORT = 446  # named in redirects, reachable for Microsoft only
_BACKEND_DOMAIN = ".admin.protection."
_COMPLIANCE_DOMAIN = "ps.compliance."
_HOST = re.compile(r"[a-z0-9.-]+")  # anything else is read differently by whoever reads it


def is_allowed(url: str, allowed_hosts: AbstractSet[str]) -> bool:
    """True if `url` is https, without a user name, and its host and port are on the list."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), _HTTPS_PORT if parts.port is None else parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or "@" in parts.netloc or not _HOST.fullmatch(host) or not url.isprintable():
        return False
    return any(_matches(host, port, entry) for entry in allowed_hosts)


def names_tenant(url: str, tenant_id: str) -> bool:
    """True if the path is `/adminapi/{version}/{tenant_id}/…`, in any case."""
    segments = urlsplit(url).path.lower().strip("/").split("/")
    return "adminapi" in segments and segments[segments.index("adminapi") + 2 :][:1] == [tenant_id.lower()]


def redirect_target(location: str, *, current_url: str, base_url: str, is_compliance: bool) -> str:
    """Return the address that a `Location` means: its back-end port is 443 from outside, and the region of a
    Security & Compliance redirect is its first label. `ValueError` if it is no URL.
    """
    parts = urlsplit(urljoin(current_url, location))
    host, port = (parts.hostname or "").lower(), parts.port
    if is_compliance and _BACKEND_DOMAIN in host:
        host = _regional_host(host, base_url)
    netloc = host if port in (None, _HTTPS_PORT, _BACKEND_PORT) else f"{host}:{port}"
    return parts._replace(netloc=netloc).geturl()


def origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return SplitResult(parts.scheme, parts.netloc, "", "", "").geturl()


def _regional_host(host: str, base_url: str) -> str:
    front_door = (urlsplit(base_url).hostname or "").lower()
    start = front_door.find(_COMPLIANCE_DOMAIN)
    return f"{host.split('.')[0]}.{front_door[max(start, 0) :]}"


def _matches(host: str, port: int, entry: str) -> bool:
    name, _, entry_port = entry.lower().partition(":")
    if port != int(entry_port or _HTTPS_PORT):
        return False
    return host.endswith(name) if name.startswith(".") else host == name
