"""Secrets as the first version of Signalbox sealed them, written down from its code."""

import base64
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION = b"\x01"


def seal(plain: bytes, *, table: str, row: object, column: str) -> bytes:
    nonce = os.urandom(12)
    return VERSION + nonce + AESGCM(_key()).encrypt(nonce, plain, VERSION + _bound_to(table, row, column))


def fingerprint(plain: bytes, *, table: str, row: object, column: str) -> str:
    key = HKDF(SHA256(), length=32, salt=None, info=b"signalbox fingerprint").derive(_key())
    return hmac.digest(key, _bound_to(table, row, column) + plain, "sha256").hex()[:16]


def _key() -> bytes:
    return base64.b64decode(settings.ENCRYPTION_KEY, validate=True)


def _bound_to(table: str, row: object, column: str) -> bytes:
    parts = [part.encode() for part in (table, column, str(row))]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
