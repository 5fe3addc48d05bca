"""The private certificate authority, the server certificate and the token signing key, all kept in the data folder."""

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=825)


@dataclass(frozen=True)
class ServerFiles:
    """Files that a TLS server and its clients need."""

    ca_file: Path
    certificate: Path
    key: Path


def ensure_server_certificate(folder: Path) -> ServerFiles:
    """Return the certificate files in `folder`, making authority and server certificate on the first start.

    The names in the certificate are `localhost` and `127.0.0.1`; keys have mode 0600.
    """
    files = ServerFiles(folder / "ca.pem", folder / "server.pem", folder / "server.key.pem")
    if all(path.exists() for path in (files.ca_file, files.certificate, files.key)) and _is_valid(files.certificate):
        return files
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _authority(ca_key)
    key = ec.generate_private_key(ec.SECP256R1())
    write_private(folder / "ca.key.pem", _pem(ca_key))
    write_private(files.key, _pem(key))
    files.certificate.write_bytes(
        _server_certificate(ca, ca_key, key).public_bytes(serialization.Encoding.PEM)
        + ca.public_bytes(serialization.Encoding.PEM)
    )
    files.ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    return files


def ensure_key(path: Path) -> rsa.RSAPrivateKey:
    """Return the RSA 2048 key in a file, made on the first start."""
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    made = rsa.generate_private_key(65537, 2048)
    write_private(path, _pem(made))
    return made


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    path.chmod(0o600)


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _is_valid(path: Path) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=1)


def _builder(common_name: str, issuer: x509.Name | None) -> tuple[x509.CertificateBuilder, x509.Name]:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer or name)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
    )
    return builder, name


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    builder, _ = _builder("Signalbox sandbox certificate authority", None)
    return (
        builder.public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(
    ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    builder, _ = _builder("localhost", ca.subject)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        builder.public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
