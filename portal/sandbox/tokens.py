"""Access tokens, refresh tokens and the audiences they are for (exchange-protocol.md 1.1, 2.4, 2.5)."""

import base64
import hashlib
import hmac
import random
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from portal.sandbox.http import Json
from portal.sandbox.world.clouds import RESOURCES

GRAPH, EXCHANGE, COMPLIANCE, PARTNER_CENTER = "graph", "exchange", "compliance", "partner_center"

MAIL_RESOURCES = frozenset({EXCHANGE, COMPLIANCE})
REMEMBERED = 20_000


def resource_of(audience: str) -> str | None:
    """Which service an audience names: `graph`, `exchange`, `compliance`, `partner_center` or `None`."""
    return RESOURCES.get(audience.rstrip("/").lower())


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Base64url with or without padding. Raises ValueError (binascii.Error) on anything else."""
    stripped = text.rstrip("=")
    return base64.urlsafe_b64decode(stripped + "=" * (-len(stripped) % 4))


@dataclass(frozen=True, slots=True)
class RefreshGrant:
    """What a refresh token stands for: a person, how and where he signed in, and the client application.

    `home` is his home tenant, `tenant` the one whose authority he signed in at, `issued_at` Unix time.
    """

    user_id: str
    client_id: str
    issued_at: float
    home: str
    tenant: str
    amr: tuple[str, ...]


class TokenIssuer:
    """Signs and reads access tokens (RS256 JWT) and refresh tokens (HMAC, tenant-independent, 2.4)."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self._public = key.public_key()
        numbers = self._public.public_numbers()
        self._modulus = encode(numbers.n.to_bytes(256, "big"))
        digest = hashlib.sha256(numbers.n.to_bytes(256, "big")).digest()
        self._secret = hashlib.sha256(b"refresh" + digest + key.private_numbers().d.to_bytes(256, "big")).digest()
        self.key_id = encode(digest[:20])
        self._header = encode(orjson.dumps({"typ": "JWT", "alg": "RS256", "kid": self.key_id, "x5t": self.key_id}))
        self._read: OrderedDict[str, Json] = OrderedDict()
        self._random = random.Random()

    def keys(self) -> Json:
        """The JSON Web Key Set of the discovery endpoint."""
        key = {"kty": "RSA", "use": "sig", "kid": self.key_id, "x5t": self.key_id, "n": self._modulus, "e": "AQAB"}
        return {"keys": [key]}

    def lifetime(self) -> int:
        """Seconds an access token lives: 60 to 90 minutes at random (2.7)."""
        return self._random.randint(3600, 5400)

    def sign(self, claims: Json) -> str:
        """Sign claims as a JWT."""
        signed = f"{self._header}.{encode(orjson.dumps(claims))}"
        signature = self._key.sign(signed.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode(signature)}"

    def read(self, token: str) -> Json | None:
        """Return the claims of a token that we signed, `None` for any other. Expiry is for the caller to judge."""
        known = self._read.get(token)
        if known is not None:
            return known
        try:
            signed, _, signature = token.rpartition(".")
            self._public.verify(decode(signature), signed.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
            claims: Json = orjson.loads(decode(signed.split(".")[1]))
        except (InvalidSignature, ValueError, IndexError):
            return None
        self._read[token] = claims
        if len(self._read) > REMEMBERED:
            self._read.popitem(last=False)
        return claims

    def refresh_token(self, grant: RefreshGrant) -> str:
        """Make the refresh token of a grant."""
        values = [grant.user_id, grant.client_id, grant.issued_at, grant.home, grant.tenant, grant.amr]
        return f"0.AX{self.seal(values)}"

    def read_refresh_token(self, token: str) -> RefreshGrant | None:
        """Return what a refresh token stands for, `None` if it is not one of ours."""
        values = self.unseal(token.removeprefix("0.AX"))
        if not isinstance(values, list) or len(values) != 6:
            return None
        user_id, client_id, issued_at, home, tenant, amr = values
        return RefreshGrant(user_id, client_id, issued_at, home, tenant, tuple(amr))

    def seal(self, value: Any) -> str:
        """Write a JSON value as a text that only we can have written."""
        body = encode(orjson.dumps(value))
        return f"{body}.{self._signature(body)}"

    def unseal(self, text: str) -> Any:
        """Return what `seal` wrote, `None` for any other text."""
        body, _, signature = text.partition(".")
        if not hmac.compare_digest(self._signature(body).encode(), signature.encode()):
            return None
        return orjson.loads(decode(body))

    def _signature(self, body: str) -> str:
        return encode(hmac.digest(self._secret, body.encode(), "sha256"))
