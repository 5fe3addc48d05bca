"""Identities that no token is asked for as, as far as this process knows: for attempts that are on their way."""

import threading
from datetime import datetime


class Pauses:
    """Since when each identity pauses (database clock). Safe for threads.

    What was claimed later was let through on purpose: it tries whether tokens are issued again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[str, datetime] = {}

    def begin(self, identity: str, since: datetime) -> None:
        """Hold back what was claimed before `since`."""
        with self._lock:
            self._since[identity] = max(since, self._since.get(identity, since))

    def holds_back(self, identity: str, claimed_at: datetime) -> bool:
        """Whether an attempt that was claimed then must not ask for a token."""
        since = self._since.get(identity)
        return since is not None and claimed_at < since

    def forget(self) -> None:
        """End all of them."""
        with self._lock:
            self._since = {}


pauses = Pauses()
