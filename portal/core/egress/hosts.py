"""Where this process may connect to: hosts that are known when it starts, never what a person typed or a server said.

An entry is `host` (HTTPS, port 443), `host:port` (HTTPS), `.suffix` (any host below it, port 443), `host:*` (any port,
also without TLS) or `http://host:port`.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_allowed: set[str] = set()


class EgressRefused(OSError):
    """The host is not among those that this process may connect to; nothing was sent."""


def allow(entries: Iterable[str]) -> None:
    """Let this process connect to `entries` from now on."""
    _allowed.update(entry.lower() for entry in entries)


def allow_urls(urls: Iterable[str]) -> None:
    """Let this process connect to the hosts of `urls`; empty ones are passed over."""
    allow(_entry(url) for url in urls if url)


def require_allowed(scheme: str, host: str, port: int) -> None:
    """Raise `EgressRefused` unless this process may connect there."""
    if not _is_allowed(scheme, host.lower(), port):
        raise EgressRefused(
            f"Signalbox does not connect to {scheme}://{host}:{port}: it is no host of Microsoft's clouds, and none "
            "that the settings name. If it should be, name it in EGRESS_HOSTS and start again."
        )


def _is_allowed(scheme: str, host: str, port: int) -> bool:
    if f"{host}:*" in _allowed:
        return True
    if scheme == "http":
        return f"http://{host}:{port}" in _allowed
    if f"{host}:{port}" in _allowed:
        return True
    if port != _PORTS["https"]:
        return False
    labels = host.split(".")
    return host in _allowed or any("." + ".".join(labels[at:]) in _allowed for at in range(1, len(labels)))


def _entry(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    where = f"{parts.hostname}:{port}"
    return f"http://{where}" if parts.scheme == "http" else where
