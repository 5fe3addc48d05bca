"""Who is signed in, where."""

from typing import Any

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from portal.accounts.sessions.store import SessionStore


class Session(AbstractBaseSession):
    """One browser; `session_key` is the SHA-256 of what its cookie holds, so that a copied database opens none.

    `person` is None until somebody signs in. Times are UTC; `last_seen_at` is true to a minute.
    """

    session_key = models.CharField(primary_key=True, max_length=64)
    person = models.ForeignKey("accounts.User", on_delete=models.CASCADE, null=True, related_name="sessions")
    began_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(db_index=True)
    address = models.CharField(max_length=64, blank=True)
    device = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "session"
        indexes = [models.Index(fields=["person", "-began_at"], name="session_of_person")]

    @classmethod
    def get_session_store_class(cls) -> Any:
        """Return what reads and writes sessions."""
        return SessionStore
