"""A login host in memory: it checks the client's assertion and issues unsigned tokens, as the tests tell it to."""

import base64
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tenants.tokens.applications import Certificate

ORGANIZATION = "3750b40b-a68b-4632-9fb3-5b1aff664079"
OTHER = "52eaad04-0000-4000-8000-000000000001"
EXCHANGE = "https://outlook.office365.com/.default"
Reply = httpx.Response | Exception


def make_certificate() -> Certificate:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return Certificate._of(key, certificate)


def make_token(*, tenant_id: str = ORGANIZATION, audience: str = "https://outlook.office365.com", **claims: Any) -> str:
    known = {"tid": tenant_id, "aud": audience, "exp": time.time() + 3600, "roles": ["Exchange.ManageAsApp"]}
    payload = base64.urlsafe_b64encode(json.dumps(known | claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.e30"


def error(code: int, error: str = "invalid_grant", status: int = 400, **headers: str) -> httpx.Response:
    text = f"AADSTS{code}: Something.\r\nTrace ID: t Correlation ID: c"
    body = {"error": error, "error_description": text, "error_codes": [code], "correlation_id": "c", "trace_id": "t"}
    return httpx.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


class LoginStub(httpx.BaseTransport):
    """`replies` are given out first, one per token request; then `answer` decides, or `token` makes tokens."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self.replies: list[Reply] = []
        self.answer: Callable[[httpx.Request], Reply] | None = None
        self.discovery: Callable[[str], Reply] | None = None
        self.token: Callable[[str, dict[str, str]], str] = lambda tenant, form: make_token(tenant_id=tenant)
        self.forms: list[dict[str, str]] = []
        self.discoveries = 0
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        tenant = request.url.path.split("/")[1]
        reply = self._discover(tenant) if request.method == "GET" else self._issue(tenant, request)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _discover(self, tenant: str) -> Reply:
        with self._lock:
            self.discoveries += 1
        if self.discovery:
            return self.discovery(tenant)
        base = f"https://login.microsoftonline.com/{tenant}"
        return httpx.Response(
            200,
            json={
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            },
        )

    def _issue(self, tenant: str, request: httpx.Request) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self._verify(form, str(request.url))
        with self._lock:
            self.forms.append(form)
            if self.replies:
                return self.replies.pop(0)
        if self.answer:
            return self.answer(request)
        answer = {"access_token": self.token(tenant, form), "expires_in": 3600, "token_type": "Bearer"}
        if form["grant_type"] == "refresh_token":
            answer |= {"refresh_token": "newer", "scope": form["scope"]}
        return httpx.Response(200, json=answer)

    def _verify(self, form: dict[str, str], endpoint: str) -> None:
        header = jwt.get_unverified_header(form["client_assertion"])
        assert header["alg"] == "PS256"
        assert header["x5t#S256"]
        public_key = self.certificate.private_key.public_key()
        jwt.decode(form["client_assertion"], public_key, algorithms=["PS256"], audience=endpoint)
