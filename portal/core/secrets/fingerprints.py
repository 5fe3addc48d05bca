"""What stands for a secret where people read: keyed, so that it tells nothing without the key."""

import hmac
import os
from typing import Literal, Unpack

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.core.secrets.envelope import seal, unseal
from portal.core.secrets.models import PurposeKey
from portal.core.secrets.places import Place, associated_data_of_version_1, canonical
from portal.core.secrets.root_keys.key_ring import key_ring
from portal.core.secrets.secret import Secret

Label = Literal["approval", "fingerprint"]
"""A purpose with a key of its own; add one rather than use another's."""

_LABEL_OF_VERSION_1 = b"signalbox fingerprint"
_ORIGIN = "origin"


def purpose_key(label: Label) -> Secret[bytes]:
    """Return 32 bytes for one purpose alone, the same on every machine of this installation and after every rotation.

    They come from a random key in the database, sealed by the root key and made at the first use.
    """
    return _origin().map(lambda origin: _derived(origin, b"signalbox purpose: " + label.encode()))


def fingerprint(plain: bytes | Secret[bytes], **place: Unpack[Place]) -> str:
    """Return 16 hexadecimal digits that stand for `plain` in this place, and tell nothing of it without the key."""
    content = plain.reveal() if isinstance(plain, Secret) else plain
    bound_to = canonical([place["table"], place["column"], str(place["row"])])
    return hmac.digest(purpose_key("fingerprint").reveal(), bound_to + content, "sha256").hex()[:16]


def is_fingerprint(text: str, plain: bytes | Secret[bytes], **place: Unpack[Place]) -> bool:
    """Whether `text` stands for `plain` in this place, also when it was made before root keys could be rotated."""
    if hmac.compare_digest(text, fingerprint(plain, **place)):
        return True
    content = plain.reveal() if isinstance(plain, Secret) else plain
    message = associated_data_of_version_1(place) + content
    earlier = [
        hmac.digest(_derived(key, _LABEL_OF_VERSION_1), message, "sha256") for key in key_ring().keys_of_version_1()
    ]
    return any(hmac.compare_digest(text, digest.hex()[:16]) for digest in earlier)


def _origin() -> Secret[bytes]:
    row = PurposeKey.objects.filter(name=_ORIGIN).first() or _made()
    return unseal(bytes(row.sealed_key), **PurposeKey.sealed_key.field.place(row))


def _made() -> PurposeKey:
    row = PurposeKey(name=_ORIGIN)
    sealed = seal(os.urandom(32), **PurposeKey.sealed_key.field.place(row))
    return PurposeKey.objects.get_or_create(name=_ORIGIN, defaults={"sealed_key": sealed})[0]


def _derived(key: bytes, label: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=label).derive(key)
