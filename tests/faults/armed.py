"""How the campaign tells the product's processes where to die: one file, which the first to get there takes away."""

import json
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

FOLDER = "FAULTS_DIR"
LOOK_EVERY_SECONDS = 0.03


def arm(folder: Path, point: str, *, at: int) -> None:
    """Have the first process that reaches `point` for the `at`-th time kill itself."""
    draft = folder / "armed.new"
    draft.write_text(json.dumps({"point": point, "at": at, "order": time.time_ns()}), encoding="utf-8")
    draft.rename(folder / "armed")


def disarm(folder: Path) -> bool:
    """Take the order back; returns whether it was still there, so that nobody died."""
    with suppress(FileNotFoundError):
        (folder / "armed").unlink()
        return True
    return False


class Fuse:
    """This process's view of the order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._armed: tuple[str, int, int] | None = None
        self._seen = 0
        self._read_at = 0.0
        self._lock = threading.Lock()

    def reach(self, point: str) -> None:
        """Say that the process is at `point` now; it does not return if it is to die here."""
        with self._lock:
            self._look()
            if self._armed is None or self._armed[0] != point:
                return
            self._seen += 1
            if self._seen < self._armed[1]:
                return
            self._armed = None
            try:
                (self._folder / "armed").unlink()
            except FileNotFoundError:
                return
            line = json.dumps({"point": point, "time": time.time(), "process": os.getpid()}) + "\n"
            with (self._folder / "deaths").open("a", encoding="utf-8") as file:
                file.write(line)
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)  # the signal is on its way

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._read_at < LOOK_EVERY_SECONDS:
            return
        self._read_at = now
        try:
            order = json.loads((self._folder / "armed").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            self._armed = None
            return
        armed = (order["point"], order["at"], order["order"])
        if armed != self._armed:
            self._armed, self._seen = armed, 0
