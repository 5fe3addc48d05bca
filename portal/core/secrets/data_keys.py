"""Data keys that were unwrapped lately: in memory only, few, and not for long."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

CAPACITY = 1024
LIFETIME_SECONDS = 300.0

Name = tuple[str, bytes]
"""A root key id and a wrapped data key."""


class DataKeys:
    """Keeps unwrapped data keys, so that a hundred threads with one secret ask the key vault once. Safe for threads."""

    def __init__(
        self,
        *,
        capacity: int = CAPACITY,
        lifetime: float = LIFETIME_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._lifetime = lifetime
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Name, tuple[float, bytes]] = OrderedDict()
        self._being_asked: dict[Name, threading.Lock] = {}

    def get(self, name: Name, unwrap: Callable[[], bytes]) -> bytes:
        """Return the data key; of several threads that miss it, one calls `unwrap` and the others wait for it."""
        with self._lock:
            if (kept := self._find(name)) is not None:
                return kept
            turn = self._being_asked.setdefault(name, threading.Lock())
        with turn:
            with self._lock:
                if (kept := self._find(name)) is not None:
                    return kept
            try:
                key = unwrap()
                with self._lock:
                    self._keep(name, key)
            finally:
                with self._lock:
                    self._being_asked.pop(name, None)
        return key

    def forget(self) -> None:
        """Forget every key."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def __repr__(self) -> str:
        return f"<{len(self)} data keys>"

    def _find(self, name: Name) -> bytes | None:
        until, key = self._kept.get(name, (0.0, b""))
        return key if until > self._clock() else None

    def _keep(self, name: Name, key: bytes) -> None:
        now = self._clock()
        self._kept[name] = (now + self._lifetime, key)
        while len(self._kept) > self._capacity or next(iter(self._kept.values()))[0] <= now:
            self._kept.popitem(last=False)
