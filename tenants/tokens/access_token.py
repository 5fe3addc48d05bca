"""An access token and what can be read from it."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.core.secrets.secret import Secret, concealed
from tenants.microsoft.errors import parse_json

# A token counts as expired this long before it is, so that it does not end on its way (exchange-protocol.md 2.5).
EXPIRY_MARGIN = timedelta(seconds=120)
# RFC 6750 2.1. With any other character it is no header value, and the error that says so shows it whole.
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token for one organization and one service.

    Everything but `value` is read from the token without checking its signature, which is
    the service's business; an empty `tenant_id` means that the token could not be read. `expires_at` and `received_at`
    are aware UTC.
    """

    value: Secret[str]
    tenant_id: str
    audience: str
    expires_at: datetime
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    authentication_methods: tuple[str, ...] = ()
    identity: str = ""  # user principal name, or application id: for people to read
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC), compare=False)

    @classmethod
    def parse(cls, value: str | Secret[str], *, expires_at: datetime | None = None) -> "AccessToken":
        """Read a token; `expires_at` as the login host said it, otherwise the token's own `exp`."""
        token = concealed(value)
        claims = _claims(token.reveal())
        return cls(
            value=token,
            tenant_id=str(claims.get("tid") or "").lower(),
            audience=str(claims.get("aud") or ""),
            expires_at=expires_at or _moment(claims.get("exp")),
            roles=_texts(claims.get("roles")),
            scopes=tuple(str(claims.get("scp") or "").split()),
            authentication_methods=_texts(claims.get("amr")),
            identity=str(claims.get("upn") or claims.get("appid") or claims.get("azp") or ""),
        )

    def is_fresh(self, now: datetime) -> bool:
        """True if the token lasts at least two minutes longer; `now` is aware UTC."""
        return self.expires_at - now > EXPIRY_MARGIN


def _claims(value: str) -> Mapping[str, Any]:
    if not _BEARER.fullmatch(value):
        return {}
    try:
        payload = value.split(".")[1]
        content = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    except (IndexError, ValueError, binascii.Error):
        return {}
    claims = parse_json(content)
    return claims if isinstance(claims, dict) else {}


def _moment(seconds: object) -> datetime:
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)  # unreadable: expired


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
