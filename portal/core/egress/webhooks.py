"""Webhooks: one signed POST to an address that a person named, on the public internet and nowhere else.

The name is looked up once, every address that it has must be public, and the connection goes to that very address, so
that a name which changes its address in between leads nowhere else. HTTPS on port 443, no redirects, no proxies, five
seconds in all, at most 64 KiB of an answer, which nobody is shown.
"""

import hmac
import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from portal.core.egress.addresses import is_public
from portal.core.refusals import Refused

PORT = 443
SECONDS = 5.0
MOST_ANSWER_BYTES = 65_536
SIGNATURE_HEADER = "Signalbox-Signature"

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)+(?!\d+$)(?:xn--)?[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9]))(?::443)?(?P<target>/[!-~]*)?",
    re.IGNORECASE,
)
_UNDELIVERED = (
    "The webhook’s server could not be reached over HTTPS on the public internet, or did not take the message."
)

Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[tuple[str, int], float], socket.socket]


class WebhookAddressRefused(Refused):
    """The address cannot be a webhook's; the message says what can."""


class WebhookUndelivered(Exception):
    """The message was not taken. Every cause has the same words, so that they tell nothing of a network."""


@dataclass(frozen=True, slots=True)
class Network:
    """How names are looked up and connections opened; tests hand in their own."""

    resolve: Resolve
    connect: Connect
    tls: ssl.SSLContext


def require_webhook_address(url: str) -> tuple[str, str]:
    """Return host and target of `url`; raises `WebhookAddressRefused` unless it can be a webhook's address."""
    found = _ADDRESS.fullmatch(url)
    if found is None or len(url) > 2000 or "\\" in url or "#" in url:
        raise WebhookAddressRefused(
            "Write the webhook’s address as https://name.example.com/path: HTTPS on port 443, a host name instead of "
            "an IP address, no sign-in name or password in it, and names of other scripts in their xn-- form."
        )
    return found["host"].lower(), found["target"] or "/"


def signature_of(key: bytes, sent_at: datetime, body: bytes) -> str:
    """Return the value of `Signalbox-Signature`: `t` is the moment in Unix seconds, `v1` HMAC-SHA256 of `t.body`."""
    moment = str(int(sent_at.timestamp()))
    return f"t={moment},v1={hmac.digest(key, moment.encode() + b'.' + body, 'sha256').hex()}"


def deliver(url: str, body: bytes, *, key: bytes, sent_at: datetime, network: Network | None = None) -> None:
    """POST `body` (JSON) to `url`, signed with `key`; a status of 2xx means that it was taken.

    Raises `WebhookAddressRefused` for what cannot be an address, and `WebhookUndelivered` for everything else.
    """
    host, target = require_webhook_address(url)
    network = network or _internet()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Signalbox",
        "Connection": "close",
        SIGNATURE_HEADER: signature_of(key, sent_at, body),
    }
    try:
        status = _post(host, target, body, headers, network)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WebhookUndelivered(_UNDELIVERED) from error
    if not 200 <= status < 300:
        raise WebhookUndelivered(_UNDELIVERED)


def _post(host: str, target: str, body: bytes, headers: dict[str, str], network: Network) -> int:
    addresses = network.resolve(host, PORT)
    if not addresses or not all(map(is_public, addresses)):
        raise OSError("not on the public internet")
    began = time.monotonic()
    opened = [network.connect((addresses[0], PORT), SECONDS)]
    # Time limits of a socket are for one reading each; this one is for all of them together.
    was_cut = threading.Event()
    too_late = threading.Timer(SECONDS - (time.monotonic() - began), _cut, [opened, was_cut])
    too_late.start()
    try:
        opened.append(network.tls.wrap_socket(opened[0], server_hostname=host))
        connection = http.client.HTTPSConnection(host, PORT, timeout=SECONDS)
        connection.sock = opened[-1]
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        answer.read(MOST_ANSWER_BYTES)
        if was_cut.is_set():
            raise TimeoutError("the answer did not end in time")
        return answer.status
    finally:
        too_late.cancel()
        for each in opened:
            each.close()


def _cut(opened: Sequence[socket.socket], was_cut: threading.Event) -> None:
    was_cut.set()
    with suppress(OSError):
        opened[-1].shutdown(socket.SHUT_RDWR)


@cache
def _internet() -> Network:
    return Network(_look_up, socket.create_connection, ssl.create_default_context())


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
