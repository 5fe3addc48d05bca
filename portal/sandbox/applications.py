"""Application registrations, their certificates, and the verification of client assertions (RS256, PS256)."""

import base64
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from portal.sandbox.http import Json
from portal.sandbox.tokens import decode, encode

ANSWER_PATHS = ("/connections/sign-in/answer/", "/connections/consent/answer/", "/sign-in/microsoft/answer/")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
EXCHANGE_MODULE_CLIENT = "fb78d390-0c51-40cd-8e17-fdbfab77341b"

_SHA256 = hashes.SHA256()
_PADDINGS: dict[str, padding.AsymmetricPadding] = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=padding.PSS.DIGEST_LENGTH),
}


class AssertionRefused(Exception):
    """The client assertion does not prove who the client is; the message is the reason, `code` its AADSTS number."""

    def __init__(self, reason: str, code: int = 700027) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """A public certificate on an application registration, its key parsed once."""

    pem: str
    thumbprint: str
    thumbprint_sha256: str
    not_before: float
    not_after: float
    key: rsa.RSAPublicKey


@dataclass(slots=True)
class Application:
    """An application registration of the partner, or a public client of Microsoft's."""

    application_id: str
    name: str
    object_id: str
    confidential: bool
    secret: str = ""
    cloud: str = ""  # where it is registered; Microsoft's own are everywhere
    certificates: list[RegisteredCertificate] = field(default_factory=list)
    redirect_uris: set[str] = field(default_factory=set)
    public_flows: bool = False
    """Whether sign-in by device code or password needs no proof of the client ("Allow public client flows")."""

    def accepts_redirect(self, uri: str) -> bool:
        """Whether an answer may be sent to this address; any loopback port will do, as Entra has it for `localhost`."""
        if uri in self.redirect_uris:
            return True
        try:
            parts = urlsplit(uri)
        except ValueError:
            return False
        if parts.hostname not in LOOPBACK or parts.username or parts.query or parts.fragment:
            return False
        if not self.confidential:
            return parts.scheme == "http" and parts.hostname == "localhost" and parts.path in {"", "/"}
        return parts.scheme in {"http", "https"} and parts.path.endswith(ANSWER_PATHS)

    def register(self, pem: str) -> RegisteredCertificate:
        """Add a public certificate. Raises ValueError if it is not an X.509 certificate with an RSA key."""
        parsed = x509.load_pem_x509_certificate(pem.encode())
        key = parsed.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("The certificate must have an RSA key.")  # noqa: TRY004 - the content is wrong, not its type
        certificate = RegisteredCertificate(
            parsed.public_bytes(serialization.Encoding.PEM).decode(),
            encode(parsed.fingerprint(hashes.SHA1())),  # noqa: S303 - x5t is SHA-1 by definition
            encode(parsed.fingerprint(_SHA256)),
            parsed.not_valid_before_utc.timestamp(),
            parsed.not_valid_after_utc.timestamp(),
            key,
        )
        self.certificates = [known for known in self.certificates if known.thumbprint != certificate.thumbprint]
        self.certificates.append(certificate)
        return certificate

    def verify_assertion(self, assertion: str, audiences: frozenset[str]) -> None:
        """Verify a client assertion whose `aud` must be one of `audiences`. Raises AssertionRefused."""
        header, claims, signed, signature = _parse(assertion)
        certificate = self._certificate(header)
        chosen = _PADDINGS.get(str(header.get("alg")))
        if chosen is None:
            raise AssertionRefused("The signing algorithm is not supported.")
        try:
            certificate.key.verify(signature, signed, chosen, _SHA256)
        except InvalidSignature:
            raise AssertionRefused("The key was found, but use of the key to verify the signature failed.") from None
        _check_claims(claims, self.application_id, audiences)
        if not certificate.not_before <= time.time() <= certificate.not_after:
            raise AssertionRefused("The key used is expired.")

    def _certificate(self, header: Json) -> RegisteredCertificate:
        x5t, x5t_sha256 = str(header.get("x5t", "")).rstrip("="), str(header.get("x5t#S256", "")).rstrip("=")
        for certificate in self.certificates:
            if (x5t and certificate.thumbprint == x5t) or (x5t_sha256 and certificate.thumbprint_sha256 == x5t_sha256):
                return certificate
        raise AssertionRefused(f"The key was not found., Thumbprint of key used by client: '{x5t or x5t_sha256}'")


def _parse(assertion: str) -> tuple[Json, Json, bytes, bytes]:
    try:
        signed, _, signature = assertion.rpartition(".")
        header, claims = (orjson.loads(decode(part)) for part in signed.split("."))
        return header, claims, signed.encode("ascii"), base64.urlsafe_b64decode(signature + "==")
    except ValueError:
        raise AssertionRefused("The client assertion is not a valid JWT.") from None


def _check_claims(claims: Json, application_id: str, audiences: frozenset[str]) -> None:
    now, skew = time.time(), 300
    if claims.get("iss") != application_id or claims.get("sub") != application_id:
        raise AssertionRefused("The issuer and the subject must be the 'client_id'.")
    audience = claims.get("aud")
    if not set(audience if isinstance(audience, list) else [audience]) & audiences:
        raise AssertionRefused("The audience must be the token endpoint.")
    if not isinstance(claims.get("exp"), int | float) or claims["exp"] < now - skew:
        raise AssertionRefused("It has expired.", 700024)
    if float(claims.get("nbf") or claims.get("iat") or now) > now + skew:
        raise AssertionRefused("It is not valid yet.", 700024)


class Registrations:
    """All applications; certificates registered on them survive a restart in `applications.json`."""

    def __init__(self, path: Path, applications: list[Application]) -> None:
        self._path = path
        self._by_id = {application.application_id: application for application in applications}
        if path.exists():
            for application_id, pems in orjson.loads(path.read_bytes()).items():
                for pem in pems if application_id in self._by_id else ():
                    self._by_id[application_id].register(pem)

    def find(self, application_id: str) -> Application | None:
        """The application with this id, `None` if it is unknown."""
        return self._by_id.get(application_id.lower())

    def of_cloud(self, cloud: str) -> Application:
        """The partner's application in a cloud."""
        return next(application for application in self._by_id.values() if application.cloud == cloud)

    def save(self) -> None:
        """Write the registered certificates."""
        content = {key: [c.pem for c in application.certificates] for key, application in self._by_id.items()}
        self._path.write_bytes(orjson.dumps(content))

    def clear(self) -> None:
        """Remove every registered certificate."""
        for application in self._by_id.values():
            application.certificates.clear()
        self.save()
