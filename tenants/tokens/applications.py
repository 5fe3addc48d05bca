"""Applications and their certificates, and the msal objects that act for them."""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import msal
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs12

from tenants.microsoft.environments import Environment, login_hosts
from tenants.microsoft.http import LoginHttp

# Every msal object tries to import this optional package, which we do not use. A failed import is never remembered:
# it searches the whole path under the import lock, in which a hundred threads queue. None makes it fail at once.
sys.modules.setdefault("msal_extensions", cast("ModuleType", None))


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its private key, parsed once: parsing costs fifty times what signing does."""

    private_key: RSAPrivateKey = field(repr=False)
    pem: str = field(repr=False)
    thumbprint: str  # SHA-256, lower-case hexadecimal

    @classmethod
    def from_pem(cls, private_key: bytes, certificate: bytes, passphrase: bytes | None = None) -> "Certificate":
        """Read a PEM key and certificate; `ValueError` if they cannot be read or are not RSA."""
        return cls._of(load_pem_private_key(private_key, passphrase), x509.load_pem_x509_certificate(certificate))

    @classmethod
    def from_pfx(cls, content: bytes, passphrase: bytes | None = None) -> "Certificate":
        """Read a PKCS #12 file; `ValueError` if it cannot be read or holds no RSA key with its certificate."""
        key, certificate, _ = pkcs12.load_key_and_certificates(content, passphrase)
        return cls._of(key, certificate)

    @classmethod
    def _of(cls, key: object, certificate: x509.Certificate | None) -> "Certificate":
        if not isinstance(key, RSAPrivateKey) or certificate is None:
            raise ValueError("an RSA private key with its certificate is needed")
        if key.public_key() != certificate.public_key():
            raise ValueError("the private key does not belong to the certificate")
        pem = certificate.public_bytes(Encoding.PEM).decode()
        return cls(key, pem, certificate.fingerprint(hashes.SHA256()).hex())


@dataclass(frozen=True, slots=True)
class Application:
    """An application registered in Entra, and the certificate that it signs in with; a public client has none."""

    application_id: str
    certificate: Certificate | None


class ForeignTokenEndpoint(Exception):
    """The login host names an endpoint without HTTPS or at a host not of its environment; nothing was sent there."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        where = f"{parts.scheme}://{parts.netloc}"
        super().__init__(f"the login host names a token endpoint at {where}, which is not in this environment")
        self.host = parts.netloc


class _Forgetful(msal.TokenCache):  # type: ignore[misc]  # msal has no types
    """Keeps nothing: our sources keep access tokens, and nobody's refresh token outlives his sign-in in here."""

    def add(self, event: dict[str, Any], now: float | None = None) -> None:
        """Read what was issued, and forget it."""
        super().add(event, now)
        with self._lock:
            self._cache.clear()


class _Key(NamedTuple):
    environment: Environment
    tenant_id: str
    application_id: str
    thumbprint: str


class MsalApplications:
    """The msal objects of this process, least recently used ones dropped beyond `capacity`. Safe for threads.

    Each object costs a discovery request over the network, so it is kept; after a failure it must be discarded, because
    msal replays an HTTP 400 for a minute, even when a person has fixed its cause (exchange-protocol.md 2.8, F18).
    """

    def __init__(self, http: LoginHttp, capacity: int = 2000) -> None:
        self.http = http
        self._capacity = capacity
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, msal.ClientApplication] = OrderedDict()
        self._being_built: dict[_Key, threading.Lock] = {}

    def get(self, environment: Environment, tenant_id: str, application: Application) -> msal.ClientApplication:
        """Return the kept or a new msal object; raises whatever msal raises for an unknown tenant or no network.

        Of several threads that want the same one, one builds it and the others wait for it.
        """
        key = self._key(environment, tenant_id, application)
        with self._lock:
            if kept := self._find(key):
                return kept
            turn = self._being_built.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if kept := self._find(key):
                    return kept
            try:
                new = self._build(environment, tenant_id, application)
                with self._lock:
                    self._keep(key, new)
            finally:
                with self._lock:
                    self._being_built.pop(key, None)
        return new

    def _find(self, key: _Key) -> msal.ClientApplication | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: _Key, new: msal.ClientApplication) -> None:
        self._kept[key] = new
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def discard(self, environment: Environment, tenant_id: str, application: Application) -> None:
        """Forget the msal object and all that it remembers."""
        with self._lock:
            self._kept.pop(self._key(environment, tenant_id, application), None)

    @staticmethod
    def _key(environment: Environment, tenant_id: str, application: Application) -> _Key:
        thumbprint = application.certificate.thumbprint if application.certificate else ""
        return _Key(environment, tenant_id, application.application_id, thumbprint)

    def _build(self, environment: Environment, tenant_id: str, application: Application) -> msal.ClientApplication:
        shared: dict[str, Any] = {
            "authority": f"{environment.login_url}/{tenant_id}",
            "instance_discovery": False,  # the authority is one of ours; asking another host about it helps nobody
            "client_capabilities": ["CP1"],  # continuous access evaluation, exchange-protocol.md 2.6
            "http_client": self.http,
            "token_cache": _Forgetful(),
        }
        app = self._client(application, shared)
        named = app.authority
        for endpoint in (named.token_endpoint, named.authorization_endpoint, named.device_authorization_endpoint):
            parts = urlsplit(endpoint or environment.login_url)
            if parts.scheme != "https" or parts.netloc not in login_hosts(environment):
                raise ForeignTokenEndpoint(endpoint)
        return app

    @staticmethod
    def _client(application: Application, shared: dict[str, Any]) -> msal.ClientApplication:
        if application.certificate is None:
            return msal.PublicClientApplication(application.application_id, **shared)
        # Without a SHA-1 "thumbprint", msal signs with PS256 and names the certificate by x5t#S256.
        credential = {
            "private_key": application.certificate.private_key,
            "public_certificate": application.certificate.pem,
        }
        return msal.ConfidentialClientApplication(application.application_id, client_credential=credential, **shared)


AskMsal = Callable[[msal.ClientApplication], dict[str, object]]
