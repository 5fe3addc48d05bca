"""Uploads of certificates with their keys: what is taken, and what each refusal says to do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from tenants.app_registrations.material import CertificateRefused, read_pair, read_pem, read_pfx

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PASSWORD = "opens sesame"
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Signalbox")])
DAY = timedelta(days=1)


@cache
def rsa_key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def certificate_for(key: Key, *, start: timedelta = -DAY, end: timedelta = DAY) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now + start).not_valid_after(now + end).sign(key, hashes.SHA256())


def pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def key_pem(key: Key, password: str = "", form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    secret = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, secret)


def pfx(key: Key | None, certificate: x509.Certificate | None, password: str = PASSWORD) -> bytes:
    secret = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"Signalbox", key, certificate, None, secret)


class TestPfx:
    @pytest.mark.parametrize("password", [PASSWORD, "", "Größe §"])
    def test_is_read_with_its_password(self, password: str) -> None:
        certificate = certificate_for(rsa_key())
        material = read_pfx(pfx(rsa_key(), certificate, password), password)
        assert material.certificate == certificate
        assert material.private_key.private_numbers() == rsa_key().private_numbers()

    @pytest.mark.parametrize("password", ["", "wrong"])
    def test_is_refused_with_another_password(self, password: str) -> None:
        content = pfx(rsa_key(), certificate_for(rsa_key()))
        with pytest.raises(CertificateRefused, match="password does not open"):
            read_pfx(content, password)

    def test_without_key_is_refused(self) -> None:
        content = pfx(None, certificate_for(rsa_key()))
        with pytest.raises(CertificateRefused, match="no private key"):
            read_pfx(content, PASSWORD)

    def test_without_certificate_is_refused(self) -> None:
        with pytest.raises(CertificateRefused, match="no certificate"):
            read_pfx(pfx(rsa_key(), None), PASSWORD)

    @pytest.mark.parametrize("content", [b"", b"hello", b"\x30\x82\x00\x00", b"-----BEGIN CERTIFICATE-----"])
    def test_of_anything_else_is_refused(self, content: bytes) -> None:
        with pytest.raises(CertificateRefused, match="not a PFX file"):
            read_pfx(content, PASSWORD)

    def test_with_another_kind_of_key_is_refused(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        with pytest.raises(CertificateRefused, match="only RSA keys"):
            read_pfx(pfx(key, certificate_for(key)), PASSWORD)

    def test_with_a_chain_gives_the_certificate_of_the_key(self) -> None:
        certificate, authority = certificate_for(rsa_key()), certificate_for(rsa_key(number=1))
        content = pkcs12.serialize_key_and_certificates(
            b"x", rsa_key(), certificate, [authority, certificate_for(rsa_key(number=2))], NoEncryption()
        )
        assert read_pfx(content, "").certificate == certificate

    def test_a_bare_certificate_is_told_apart_from_a_broken_file(self) -> None:
        content = certificate_for(rsa_key()).public_bytes(Encoding.DER)
        with pytest.raises(CertificateRefused, match="certificate without its private key"):
            read_pfx(content, "")


class TestPair:
    @pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
    def test_is_read_from_two_files(self, encoding: Encoding) -> None:
        certificate = certificate_for(rsa_key())
        material = read_pair(certificate.public_bytes(encoding), key_pem(rsa_key(), PASSWORD), PASSWORD)
        assert material.certificate == certificate
        assert material.private_key.private_numbers() == rsa_key().private_numbers()

    def test_the_key_picks_its_certificate_out_of_a_chain(self) -> None:
        certificate, authority = certificate_for(rsa_key()), certificate_for(rsa_key(number=1))
        assert read_pair(pem_of(authority) + pem_of(certificate), key_pem(rsa_key())).certificate == certificate

    def test_without_a_key_in_the_key_file_is_refused(self) -> None:
        content = pem_of(certificate_for(rsa_key()))
        with pytest.raises(CertificateRefused, match="key file holds no private key"):
            read_pair(content, content)

    def test_of_files_in_the_wrong_order_is_refused_in_words(self) -> None:
        with pytest.raises(CertificateRefused, match="key file holds no private key"):
            read_pair(key_pem(rsa_key()), pem_of(certificate_for(rsa_key())))

    def test_with_two_keys_is_refused(self) -> None:
        with pytest.raises(CertificateRefused, match="one of the two keys"):
            read_pair(pem_of(certificate_for(rsa_key())) + key_pem(rsa_key()), key_pem(rsa_key()))

    def test_of_two_that_do_not_belong_together_is_refused(self) -> None:
        with pytest.raises(CertificateRefused, match="do not belong together"):
            read_pair(pem_of(certificate_for(rsa_key())), key_pem(rsa_key(number=1)))

    @pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00"])
    def test_of_anything_else_is_refused(self, content: bytes) -> None:
        with pytest.raises(CertificateRefused, match="holds no certificate"):
            read_pair(content, key_pem(rsa_key()))


class TestPem:
    @pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
    @pytest.mark.parametrize("order", ["certificate first", "key first"])
    def test_is_read_in_any_order(self, order: str, form: PrivateFormat) -> None:
        certificate = certificate_for(rsa_key())
        parts = [pem_of(certificate), key_pem(rsa_key(), form=form)]
        if order == "key first":
            parts.reverse()
        material = read_pem(b"Bag Attributes: none\n" + b"".join(parts))
        assert material.certificate == certificate
        assert material.private_key.private_numbers() == rsa_key().private_numbers()

    def test_takes_the_certificate_of_the_key_out_of_a_chain(self) -> None:
        authority, certificate = certificate_for(rsa_key(number=1)), certificate_for(rsa_key())
        material = read_pem(pem_of(authority) + pem_of(certificate) + key_pem(rsa_key()))
        assert material.certificate == certificate

    def test_with_an_encrypted_key_is_read_with_its_password(self) -> None:
        content = pem_of(certificate_for(rsa_key())) + key_pem(rsa_key(), PASSWORD)
        assert read_pem(content, PASSWORD).private_key.key_size == 2048

    @pytest.mark.parametrize(
        ("made_with", "typed", "sentence"),
        [
            (PASSWORD, "", "is encrypted: type its password"),
            (PASSWORD, "wrong", "password is wrong"),
            ("", PASSWORD, "is not encrypted: leave the password empty"),
        ],
    )
    def test_with_another_password_is_refused(self, made_with: str, typed: str, sentence: str) -> None:
        content = pem_of(certificate_for(rsa_key())) + key_pem(rsa_key(), made_with)
        with pytest.raises(CertificateRefused, match=sentence):
            read_pem(content, typed)

    def test_without_key_is_refused(self) -> None:
        with pytest.raises(CertificateRefused, match="no private key"):
            read_pem(pem_of(certificate_for(rsa_key())))

    @pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00"])
    def test_without_certificate_is_refused(self, content: bytes) -> None:
        with pytest.raises(CertificateRefused, match="no certificate"):
            read_pem(content + key_pem(rsa_key()))

    @pytest.mark.parametrize(
        "damaged",
        [
            b"-----BEGIN PRIVATE KEY-----\n",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            b"-----END PRIVATE KEY-----\n",
        ],
    )
    def test_with_a_damaged_key_is_refused(self, damaged: bytes) -> None:
        with pytest.raises(CertificateRefused, match="cannot be read"):
            read_pem(pem_of(certificate_for(rsa_key())) + damaged)

    @pytest.mark.parametrize(
        "make", [lambda: ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate]
    )
    def test_with_another_kind_of_key_is_refused(self, make: Callable[[], Key]) -> None:
        content = pem_of(certificate_for(rsa_key())) + key_pem(make())
        with pytest.raises(CertificateRefused, match="only RSA keys"):
            read_pem(content)

    def test_with_a_short_key_is_refused(self) -> None:
        key = rsa_key(1024)
        with pytest.raises(CertificateRefused, match="1024 bits"):
            read_pem(pem_of(certificate_for(key)) + key_pem(key))

    def test_of_two_that_do_not_belong_together_is_refused(self) -> None:
        with pytest.raises(CertificateRefused, match="do not belong together"):
            read_pem(pem_of(certificate_for(rsa_key())) + key_pem(rsa_key(number=1)))

    def test_that_has_expired_is_refused(self) -> None:
        certificate = certificate_for(rsa_key(), start=-2 * DAY, end=-DAY)
        with pytest.raises(CertificateRefused, match=f"expired on {certificate.not_valid_after_utc:%d %B %Y}"):
            read_pem(pem_of(certificate) + key_pem(rsa_key()))

    def test_that_is_not_valid_yet_is_refused(self) -> None:
        certificate = certificate_for(rsa_key(), start=DAY, end=2 * DAY)
        with pytest.raises(CertificateRefused, match="not valid before"):
            read_pem(pem_of(certificate) + key_pem(rsa_key()))


def test_thumbprints_are_those_that_entra_shows() -> None:
    certificate = certificate_for(rsa_key())
    material = read_pem(pem_of(certificate) + key_pem(rsa_key()))
    assert material.thumbprint == certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - Entra's own name
    assert material.thumbprint_sha256 == certificate.fingerprint(hashes.SHA256()).hex().upper()
    assert material.subject == "CN=Signalbox"
    key = load_der_private_key(material.private_key_der(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
