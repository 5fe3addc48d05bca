"""Pages of rows and the cursors between them (exchange-protocol.md 3.7, 7.3 item 6)."""

import hashlib
import hmac
import re
import time
import zlib
from dataclasses import dataclass

import orjson

from portal.sandbox.errors import CmdletError
from portal.sandbox.tokens import decode, encode

BACKENDS = ("be1", "be2", "be3")
LIFETIME = 30 * 60
DEFAULT_PAGE = 1000
EXPIRED = "Expired or Invalid pagination request. Default Expiry time is 00:30:00"
_SECRET = hashlib.sha256(b"page cursors of this process").digest()
_PREFERENCE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Route:
    """How a request found its backend: by anchor, else by affinity cookie, else not at all."""

    anchor: str
    cookie_backend: str

    @property
    def backend(self) -> str:
        """Backend of the anchor, else of the cookie, else an empty string."""
        return backend_of(self.anchor) if self.anchor else self.cookie_backend


@dataclass(frozen=True, slots=True)
class Query:
    """What a cursor is bound to."""

    tenant: str
    cmdlet: str
    body_hash: str


def backend_of(text: str) -> str:
    """The backend that an anchor always reaches."""
    return BACKENDS[zlib.crc32(text.encode()) % len(BACKENDS)]


def page_size(prefer: str) -> int:
    """Page size of a `Prefer` header, 1 to 1000; 1000 without one."""
    match = _PREFERENCE.search(prefer)
    return max(1, min(DEFAULT_PAGE, int(match.group(1)))) if match else DEFAULT_PAGE


def make_cursor(query: Query, route: Route, offset: int, first_backend: str) -> str:
    """A skip token for the page that starts at `offset`; `first_backend` keeps the rows."""
    content = [
        query.tenant,
        query.cmdlet.lower(),
        query.body_hash,
        route.anchor,
        route.backend or first_backend,
        offset,
        int(time.time()) + LIFETIME,
    ]
    body = encode(orjson.dumps(content))
    return f"{body}.{_seal(body)}"


def read_cursor(cursor: str, query: Query, route: Route, *, flipped: bool) -> int:
    """Return the offset of a page. Raises CmdletError (F43) if the cursor is foreign, expired or on another backend."""
    body, _, seal = cursor.partition(".")
    if flipped or not hmac.compare_digest(_seal(body).encode(), seal.encode()):
        raise expired()
    tenant, cmdlet, body_hash, anchor, backend, offset, until = orjson.loads(decode(body))
    bound = (tenant, cmdlet, body_hash) == (query.tenant, query.cmdlet.lower(), query.body_hash)
    routed = route.anchor == anchor and bool(anchor) if anchor or route.anchor else route.cookie_backend == backend
    if not bound or not routed or until < time.time():
        raise expired()
    return int(offset)


def expired() -> CmdletError:
    """The refusal of a page request (8.5)."""
    return CmdletError("System.Exception", EXPIRED)


def _seal(body: str) -> str:
    return encode(hmac.digest(_SECRET, body.encode(), "sha256"))[:22]
