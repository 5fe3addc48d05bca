"""The portal's own session, to which everything that a person signs in to is bound."""

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PortalSession:
    """The session in which a person is signed in here: its hash, and when it ends at the latest (aware UTC)."""

    hash: str
    ends_at: datetime


def hash_of(session_key: str) -> str:
    """Return what stands for a session in our tables: its key is as good as a password."""
    return hashlib.sha256(session_key.encode()).hexdigest()
