"""Django's sessions in the database, kept under a hash, with an idle and an absolute limit."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.utils import timezone

BEGAN_AT, ADDRESS, DEVICE = "began_at", "address", "device"
"""Keys of a session: when its person signed in (ISO 8601), from where, with what."""


def hashed(key: str) -> str:
    """Return under what a session is kept whose cookie holds `key`."""
    return hashlib.sha256(key.encode()).hexdigest()


class SessionStore(db.SessionStore):
    """A session; one that was idle for too long, or began too long ago, is not found any more."""

    _get_or_create_session_key: Callable[[], str]  # Django's, of which its types know nothing

    @classmethod
    def get_model_class(cls) -> Any:
        """Return the model of the rows."""
        from portal.accounts.sessions.models import Session

        return Session

    def _get_session_from_db(self) -> Any:
        key = self.session_key
        if not key:
            return None
        now = timezone.now()
        row = (
            self.get_model_class()
            .objects.filter(
                session_key=hashed(key),
                expire_date__gt=now,
                last_seen_at__gt=now - timedelta(seconds=settings.SESSION_IDLE_SECONDS),
            )
            .first()
        )
        if row is None:
            self._session_key = None
        self.row = row
        return row

    def get_expiry_date(self, **facts: Any) -> datetime:
        """Return when the session ends at the latest: that long after it began, however much it is used."""
        began_at = self.get(BEGAN_AT)
        if began_at is None:
            return super().get_expiry_date(**facts)
        return datetime.fromisoformat(began_at) + timedelta(seconds=settings.SESSION_COOKIE_AGE)

    def get_expiry_age(self, **facts: Any) -> int:
        """Return in how many seconds that is."""
        return max(0, int((self.get_expiry_date(**facts) - timezone.now()).total_seconds()))

    def exists(self, session_key: str) -> bool:
        """Whether there is a session whose cookie holds this."""
        return bool(self.model.objects.filter(session_key=hashed(session_key)).exists())

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Return the row of this session."""
        now = timezone.now()
        began_at = datetime.fromisoformat(data[BEGAN_AT]) if BEGAN_AT in data else now
        return self.get_model_class()(
            session_key=hashed(str(self._get_or_create_session_key())),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            person_id=data.get("_auth_user_id"),
            began_at=began_at,
            last_seen_at=now,
            address=str(data.get(ADDRESS, ""))[:64],
            device=str(data.get(DEVICE, ""))[:300],
        )

    def delete(self, session_key: str | None = None) -> None:
        """Delete this session, or the one whose cookie holds `session_key`."""
        key = session_key or self.session_key
        if key:
            self.model.objects.filter(session_key=hashed(key)).delete()
