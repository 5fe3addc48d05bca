"""What a person who keeps looking at the pages would have seen: every state in its order (I11)."""

import threading
import time
from collections import defaultdict
from uuid import UUID

from django.db import connection

from jobs.runs.states import OPEN_RUN_STATES, OPEN_TARGET_STATES
from portal.core.errors import DATABASE_AWAY
from tests.faults.complaint import Complaint

LOOK_EVERY_SECONDS = 0.2
LOOK = """
SELECT 'run', id, state FROM run WHERE id = ANY(%(runs)s)
UNION ALL SELECT 'target', id, state FROM run_target WHERE run_id = ANY(%(runs)s)
"""


class Observer:
    """A thread that looks at the states of the present round's runs, and keeps every change."""

    def __init__(self) -> None:
        self._runs: list[UUID] = []
        self._seen: dict[tuple[str, UUID], list[str]] = defaultdict(list)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="observer", daemon=True)
        self._thread.start()

    def watch(self, run_ids: list[UUID]) -> None:
        """Look at these from now on."""
        self._seen = defaultdict(list)
        self._runs = run_ids

    def complaints(self) -> list[Complaint]:
        """Return what was seen to change after it had ended."""
        found = []
        for (what, key), states in list(self._seen.items()):
            still_open = OPEN_RUN_STATES if what == "run" else OPEN_TARGET_STATES
            ended = [state for state in states if state not in (*still_open, "paused")]
            if len(ended) > 1 or (ended and states[-1] != ended[-1]):
                found.append(Complaint("I11", f"the {what} {key} was shown as {' → '.join(states)}"))
        return found

    def stop(self) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY_SECONDS):
            runs, seen = self._runs, self._seen
            try:
                with connection.cursor() as cursor:
                    cursor.execute(LOOK, {"runs": runs})
                    rows = cursor.fetchall()
            except DATABASE_AWAY:
                time.sleep(LOOK_EVERY_SECONDS)
                continue
            finally:
                connection.close()
            for what, key, state in rows:
                states = seen[what, key]
                if not states or states[-1] != state:
                    states.append(state)
