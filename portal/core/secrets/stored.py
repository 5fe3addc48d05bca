"""How a sealed secret is stored: version, algorithm, root key id, wrapped data key, nonce, ciphertext with its tag."""

from dataclasses import dataclass

from portal.core.secrets.errors import SecretUnreadable

VERSION = 2
AES_256_GCM = 1
HEADER = bytes([VERSION, AES_256_GCM])
NONCE_BYTES = 12
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Stored:
    """A sealed secret of the present format, taken apart; nothing in it is checked yet."""

    key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes

    def to_bytes(self) -> bytes:
        """Return the stored form."""
        wrapped = len(self.wrapped_key).to_bytes(2, "big") + self.wrapped_key
        return prefix_of(self.key_id) + wrapped + self.nonce + self.ciphertext

    @classmethod
    def from_bytes(cls, sealed: bytes) -> "Stored":
        """Take the stored form apart; raises `SecretUnreadable` for anything else."""
        if sealed[:2] != HEADER or len(sealed) < 3:
            raise SecretUnreadable("The stored bytes are not a secret of a known format.")
        after_id = 3 + sealed[2]
        after_key = after_id + 2 + int.from_bytes(sealed[after_id : after_id + 2], "big")
        if len(sealed) < after_key + NONCE_BYTES + _TAG_BYTES:
            raise SecretUnreadable("The stored secret is cut off.")
        try:
            key_id = sealed[3:after_id].decode("ascii")
        except UnicodeDecodeError:
            raise SecretUnreadable("The stored secret names no root key.") from None
        body = sealed[after_key:]
        return cls(key_id, sealed[after_id + 2 : after_key], body[:NONCE_BYTES], body[NONCE_BYTES:])


def prefix_of(key_id: str) -> bytes:
    """Return how every secret begins that is sealed with this root key in the present format."""
    return HEADER + bytes([len(key_id)]) + key_id.encode("ascii")
