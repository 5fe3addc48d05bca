"""Reading certificates with their private keys from what a person uploads."""

import base64
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from django.utils import timezone

from portal.core.refusals import Refused
from tenants.app_registrations.key_derivation import MOST_ITERATIONS, asks_for_too_much_work

_OLD_ENCRYPTION = (
    "The private key is encrypted in a way that is no longer supported. Export it again, encrypted with AES-256."
)


class CertificateRefused(Refused):
    """The upload is not a usable certificate with its private key; the message says what to do."""


@dataclass(frozen=True, slots=True)
class CertificateMaterial:
    """A certificate that matches its RSA private key and is valid now."""

    certificate: x509.Certificate
    private_key: RSAPrivateKey

    @property
    def thumbprint(self) -> str:
        """SHA-1 thumbprint in upper-case hexadecimal, as Entra shows it."""
        return self.certificate.fingerprint(SHA1()).hex().upper()  # noqa: S303 - Entra names certificates by SHA-1

    @property
    def thumbprint_sha256(self) -> str:
        """SHA-256 thumbprint in upper-case hexadecimal."""
        return self.certificate.fingerprint(SHA256()).hex().upper()

    @property
    def subject(self) -> str:
        """The subject as one line."""
        return self.certificate.subject.rfc4514_string()[:400]

    @property
    def not_before(self) -> datetime:
        """Start of validity, UTC."""
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """End of validity, UTC."""
        return self.certificate.not_valid_after_utc

    def certificate_pem(self) -> str:
        """Return the public certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def private_key_der(self) -> bytes:
        """Return the private key as PKCS #8, unencrypted: only ever handed to `seal`."""
        return self.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def read_pfx(content: bytes, password: str) -> CertificateMaterial:
    """Read a PFX file; raises `CertificateRefused`."""
    _want_little_work(content)
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(content, password.encode() or None)
    except UnsupportedAlgorithm as error:
        raise CertificateRefused(_OLD_ENCRYPTION) from error
    except ValueError as error:
        if _is_bare_certificate(content):
            raise CertificateRefused(
                "This is a certificate without its private key. Upload a PFX file, or its key file beside it."
            ) from error
        if "password" in str(error).lower() or "mac" in str(error).lower():
            raise CertificateRefused(
                "The password does not open this PFX file. Type the one it was exported with."
            ) from error
        raise CertificateRefused(
            "This is not a PFX file. Export the certificate with its private key as PFX."
        ) from error
    if key is None and (certificate or others):
        raise CertificateRefused("The PFX file holds no private key. Export it again with “include the private key”.")
    if certificate is None:
        raise CertificateRefused("The PFX file holds no certificate. Export it again with the certificate included.")
    return _checked(certificate, key)


def read_pair(certificate: bytes, private_key: bytes, password: str = "") -> CertificateMaterial:
    """Read a certificate (PEM or DER) and its private key (PEM) from two files; raises `CertificateRefused`."""
    if b"PRIVATE KEY-----" not in private_key:
        raise CertificateRefused(
            "The key file holds no private key. It must have a block “-----BEGIN PRIVATE KEY-----”."
        )
    if b"PRIVATE KEY-----" in certificate:
        raise CertificateRefused("The certificate file holds a private key, too. Upload one of the two keys only.")
    if _is_bare_certificate(certificate):
        certificate = x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)
    return read_pem(certificate + b"\n" + private_key, password)


def read_pem(content: bytes, password: str = "") -> CertificateMaterial:
    """Read a PEM file that holds certificate and private key, in any order; raises `CertificateRefused`."""
    try:
        certificates = x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise CertificateRefused(
            "The PEM file holds no certificate. Put a block “-----BEGIN CERTIFICATE-----” into it."
        ) from error
    if b"PRIVATE KEY-----" not in content:
        raise CertificateRefused(
            "The PEM file holds no private key. Add the block “-----BEGIN PRIVATE KEY-----” to the same file."
        )
    try:
        block = _key_block(content)
        _want_little_work(_decoded(block))
        key = load_pem_private_key(block, password.encode() or None)
    except UnsupportedAlgorithm as error:
        raise CertificateRefused(_OLD_ENCRYPTION) from error
    except TypeError as error:
        wanted = "is encrypted: type its password" if not password else "is not encrypted: leave the password empty"
        raise CertificateRefused(f"The private key in the PEM file {wanted}.") from error
    except ValueError as error:
        raise CertificateRefused(
            "The private key in the PEM file cannot be read: the password is wrong or the block is damaged."
        ) from error
    matching = [c for c in certificates if c.public_key() == key.public_key()]
    return _checked(matching[0] if matching else certificates[0], key)


def _want_little_work(der: bytes) -> None:
    if asks_for_too_much_work(der):
        raise CertificateRefused(
            f"Opening this key takes more than {MOST_ITERATIONS:,} rounds, or it is longer than 16,384 bits. Export it "
            "again with the usual settings."
        )


def _decoded(block: bytes) -> bytes:
    """Return what a PEM block holds; nothing if it is no base64, which the key's reader complains of itself."""
    lines = [line for line in block.splitlines() if line and b":" not in line and not line.startswith(b"-----")]
    try:
        return base64.b64decode(b"".join(lines))
    except ValueError:
        return b""


def _is_bare_certificate(content: bytes) -> bool:
    """Whether `content` is a certificate alone, in DER: what Windows exports as .cer."""
    try:
        x509.load_der_x509_certificate(content)
    except ValueError:
        return False
    return True


def _key_block(content: bytes) -> bytes:
    end = content.index(b"PRIVATE KEY-----") + len(b"PRIVATE KEY-----")
    start = content.rindex(b"-----BEGIN ", 0, end)
    tail = content.index(b"-----END ", end)
    return content[start : content.index(b"-----", tail + 9) + 5] + b"\n"


def _checked(certificate: x509.Certificate, key: object) -> CertificateMaterial:
    if not isinstance(key, RSAPrivateKey):
        raise CertificateRefused(
            "Entra accepts only RSA keys here. Make a certificate with an RSA key of 2048 bits or more."
        )
    if key.key_size < 2048:
        raise CertificateRefused(f"The key has {key.key_size} bits. Make a certificate with 2048 bits or more.")
    if _public(certificate.public_key()) != _public(key.public_key()):
        raise CertificateRefused(
            "Certificate and private key do not belong together. Upload the pair that was made together."
        )
    now = timezone.now()
    if certificate.not_valid_after_utc <= now:
        raise CertificateRefused(
            f"The certificate expired on {certificate.not_valid_after_utc:%d %B %Y}. Upload one that is valid."
        )
    if certificate.not_valid_before_utc > now:
        raise CertificateRefused(
            f"The certificate is not valid before {certificate.not_valid_before_utc:%d %B %Y %H:%M} UTC. "
            "Check the clock of the machine that made it."
        )
    return CertificateMaterial(certificate, key)


def _public(key: object) -> bytes:
    encode = getattr(key, "public_bytes", None)
    return encode(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) if encode else b""
