"""The obvious ways to make a key out of Django's SECRET_KEY: all of them are refused as root keys."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator

from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s")
_SALTS = (b"", b"salt", b"signalbox", b"encryption", b"encryption_key", b"django", b"fernet", b"django-fernet-fields")
_ROUNDS = (1, 1000, 4096, 10_000)


def is_derived_from(secret_key: str, key: bytes) -> bool:
    """Whether a key of 32 bytes is `secret_key` itself or made from it in one of the usual ways."""
    return any(hmac.compare_digest(key, made) for made in _derivations(secret_key.encode()) if len(made) == 32)


def _derivations(secret: bytes) -> Iterator[bytes]:
    for whole in (secret, *_decoded(secret), *_digests(secret), *_keyed(secret)):
        yield from (whole[:32], whole[-32:], whole[:32].ljust(32, b"\0"), (whole * 32)[:32] if whole else whole)
    for salt in _SALTS:
        for rounds in _ROUNDS:
            yield hashlib.pbkdf2_hmac("sha256", secret, salt, rounds, 32)


def _decoded(secret: bytes) -> Iterator[bytes]:
    for decode in (base64.b64decode, base64.urlsafe_b64decode, binascii.unhexlify):
        try:
            yield decode(secret + b"=" * (-len(secret) % 4) if decode is not binascii.unhexlify else secret)
        except (ValueError, binascii.Error):
            continue


def _digests(secret: bytes) -> Iterator[bytes]:
    for name in _HASHES:
        digest = hashlib.new(name, secret, usedforsecurity=False)
        yield digest.digest()
        yield digest.hexdigest().encode()


def _keyed(secret: bytes) -> Iterator[bytes]:
    for salt in _SALTS:
        for algorithm in (SHA256(), SHA512()):
            yield _hkdf(algorithm, secret, salt, b"")
            yield _hkdf(algorithm, secret, b"", salt)
        for name in ("sha1", "sha256", "sha512"):
            yield hmac.digest(secret, salt, name)
            yield hmac.digest(salt, secret, name)
            yield hashlib.new(name, salt + secret, usedforsecurity=False).digest()
            yield hashlib.new(name, secret + salt, usedforsecurity=False).digest()


def _hkdf(algorithm: HashAlgorithm, secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm, length=32, salt=salt or None, info=info).derive(secret)
