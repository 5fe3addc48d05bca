"""The portal's own session, to which everything that a person signs in to is bound."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models.functions import Now

from portal.accounts.sessions.models import Session


@dataclass(frozen=True, slots=True)
class PortalSession:
    """The session in which a person is signed in here: its secret key, and when it ends at the latest (aware UTC)."""

    key: str = field(repr=False)
    ends_at: datetime

    @property
    def hash(self) -> str:
        """What stands for the session in our tables."""
        return hash_of(self.key)


def hash_of(session_key: str) -> str:
    """Return what stands for a session in our tables: its key is as good as a password."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def hold(session: PortalSession) -> bool:
    """Whether the session is there still; if so, it cannot end before the present transaction does."""
    alive = Session.objects.select_for_update().filter(session_key=session.hash, expire_date__gt=Now())
    return alive.first() is not None
