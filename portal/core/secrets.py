"""Secrets at rest: AES-256-GCM, bound to the row and column they belong to."""

import base64
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = b"\x01"
NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """The stored secret does not open: another key, another row, or altered bytes."""


def seal(plain: bytes, *, table: str, row: object, column: str) -> bytes:
    """Return `plain` encrypted for exactly this table, row and column: version, nonce, ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + _cipher().encrypt(nonce, plain, VERSION + _associated_data(table, row, column))


def unseal(sealed: bytes, *, table: str, row: object, column: str) -> bytes:
    """Return the plain bytes; raises `SecretUnreadable` when the ciphertext belongs elsewhere or was altered."""
    version, nonce, body = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return _cipher().decrypt(nonce, body, version + _associated_data(table, row, column))
    except (InvalidTag, ValueError) as error:
        msg = f"The secret in {table}.{column} cannot be opened with the present encryption key."
        raise SecretUnreadable(msg) from error


def fingerprint(plain: bytes, *, table: str, row: object, column: str) -> str:
    """Return 16 hexadecimal digits that stand for `plain` in this place, and tell nothing of it without the key."""
    return hmac.digest(_fingerprint_key(), _associated_data(table, row, column) + plain, "sha256").hex()[:16]


def check_encryption_key() -> None:
    """Raise `ImproperlyConfigured` unless the encryption key is 32 bytes and not Django's SECRET_KEY."""
    _cipher()


@cache
def _cipher() -> AESGCM:
    return AESGCM(_key())


@cache
def _fingerprint_key() -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"signalbox fingerprint").derive(_key())


def _key() -> bytes:
    try:
        key = base64.b64decode(settings.ENCRYPTION_KEY, validate=True)
    except ValueError as error:
        msg = "ENCRYPTION_KEY is not base64. Make one with: head -c 32 /dev/urandom | base64"
        raise ImproperlyConfigured(msg) from error
    if len(key) != 32:
        msg = f"ENCRYPTION_KEY must hold 32 bytes, not {len(key)}. Make one with: head -c 32 /dev/urandom | base64"
        raise ImproperlyConfigured(msg)
    if settings.ENCRYPTION_KEY == settings.SECRET_KEY:
        raise ImproperlyConfigured("ENCRYPTION_KEY and SECRET_KEY must differ.")
    return key


def _associated_data(table: str, row: object, column: str) -> bytes:
    parts = [part.encode() for part in (table, column, str(row))]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
