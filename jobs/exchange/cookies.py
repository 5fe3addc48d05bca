"""The cookies of one organization: each goes back to the server that set it, and nowhere else.

Exchange keeps requests of one organization together with them. The cookie jar of the standard library builds a request
and a message for each answer, for rules about domains and paths that are not needed here: it cost 0.3 ms a connection.
"""

import time
from collections.abc import Iterable
from email.utils import mktime_tz, parsedate_tz
from urllib.parse import urlsplit


class OrganizationCookies:
    """Cookies by the server (scheme, host and port) that set them."""

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self._by_server: dict[str, dict[str, str]] = {}

    def header(self, url: str) -> str:
        """Return the `Cookie` header for `url`; empty where there is none."""
        if not self._by_server:
            return ""
        kept = self._by_server.get(_server(url), {})
        return "; ".join(f"{name}={value}" for name, value in kept.items())

    def keep(self, url: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep what an answer from `url` sets, and forget what it deletes."""
        for header, text in headers:
            if header.lower() == b"set-cookie":
                self._set(_server(url), text.decode("latin-1"))

    def clear(self) -> None:
        """Forget all of them."""
        self._by_server = {}

    def _set(self, server: str, text: str) -> None:
        pair, *attributes = (part.strip() for part in text.split(";"))
        name, _, value = (part.strip() for part in pair.partition("="))
        kept = self._by_server.setdefault(server, {})
        if _is_over(attributes):
            kept.pop(name, None)
        elif name:
            kept[name] = value


def _server(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _is_over(attributes: Iterable[str]) -> bool:
    """Whether a cookie ends at once; `Max-Age` counts more than `Expires`."""
    told = {name.strip().lower(): value.strip() for name, _, value in (each.partition("=") for each in attributes)}
    if "max-age" in told:
        return told["max-age"].startswith("-") or told["max-age"] == "0"
    ends_at = parsedate_tz(told.get("expires", ""))
    return ends_at is not None and mktime_tz(ends_at) <= time.time()
