"""What a place that keeps root keys can do."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key that only one root key unwraps."""

    key_id: str
    content: bytes = field(repr=False)


class RootKeys(Protocol):
    """Wraps data keys with a root key that it keeps: one is current, earlier ones still unwrap.

    A root key's id is ASCII, at most 255 characters, and begins with `kind` and a colon.
    """

    kind: str

    def check(self) -> None:
        """Raise `ImproperlyConfigured` when the settings cannot work; asks no other machine."""

    def knows(self, key_id: str) -> bool:
        """Whether a secret that needs this root key may open here."""

    def current(self) -> str:
        """Return the id of the root key that wraps now; raises `RootKeysUnavailable`."""

    def wrap(self, data_key: bytes) -> Wrapped:
        """Return a data key wrapped with the current root key; raises `RootKeysUnavailable`."""

    def unwrap(self, key_id: str, content: bytes) -> bytes:
        """Return the data key; raises `SecretUnreadable` or `RootKeysUnavailable`."""
