"""Secrets at rest: each sealed with a data key of its own, which a root key wraps, and bound to where it belongs."""

import os
from typing import Unpack

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.core.secrets.data_keys import DataKeys
from portal.core.secrets.errors import RootKeysUnavailable, SecretUnreadable
from portal.core.secrets.places import Place, associated_data, associated_data_of_version_1
from portal.core.secrets.root_keys.key_ring import key_ring
from portal.core.secrets.secret import Secret
from portal.core.secrets.stored import HEADER, NONCE_BYTES, Stored

VERSION_1 = b"\x01"

data_keys = DataKeys()


def seal(plain: bytes | Secret[bytes], **place: Unpack[Place]) -> bytes:
    """Return `plain` encrypted for exactly this place, to be stored there.

    Raises `RootKeysUnavailable` while the key vault cannot be asked.
    """
    data_key = AESGCM.generate_key(256)
    wrapped = key_ring().wrap(data_key)
    nonce = os.urandom(NONCE_BYTES)
    bound_to = associated_data(HEADER, wrapped.key_id, place)
    content = plain.reveal() if isinstance(plain, Secret) else plain
    ciphertext = AESGCM(data_key).encrypt(nonce, content, bound_to)
    return Stored(wrapped.key_id, wrapped.content, nonce, ciphertext).to_bytes()


def unseal(sealed: bytes, **place: Unpack[Place]) -> Secret[bytes]:
    """Return the plain bytes.

    Raises `SecretUnreadable` when the ciphertext belongs elsewhere, was altered, or needs a root key that is not here;
    `RootKeysUnavailable` while the key vault cannot be asked.
    """
    if sealed[:1] == VERSION_1:
        return _unseal_version_1(sealed, place)
    try:
        return _unseal(Stored.from_bytes(sealed), place)
    except RootKeysUnavailable:
        raise
    except SecretUnreadable as error:
        raise _unreadable(place, f" {error}") from None
    except (InvalidTag, ValueError):
        raise _unreadable(place) from None


def _unseal(stored: Stored, place: Place) -> Secret[bytes]:
    name = (stored.key_id, stored.wrapped_key)
    data_key = data_keys.get(name, lambda: key_ring().unwrap(*name))
    bound_to = associated_data(HEADER, stored.key_id, place)
    return Secret(AESGCM(data_key).decrypt(stored.nonce, stored.ciphertext, bound_to))


def _unseal_version_1(sealed: bytes, place: Place) -> Secret[bytes]:
    """Open a secret of the first format, which one root key sealed directly; `rotate_keys` seals it anew."""
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    for key in key_ring().keys_of_version_1():
        try:
            plain = AESGCM(key).decrypt(nonce, body, VERSION_1 + associated_data_of_version_1(place))
        except (InvalidTag, ValueError):
            continue
        return Secret(plain)
    raise _unreadable(place)


def _unreadable(place: Place, why: str = "") -> SecretUnreadable:
    where = f"{place['table']}.{place['column']}"
    return SecretUnreadable(f"The secret in {where} cannot be opened with the present encryption key.{why}")
