"""The file of a campaign: what was planned, what was done and when; any round can be replayed from it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.nemesis import Round

FOLDER = Path(".data") / "faults"


class History:
    """Lines of JSON, each with the seconds since the campaign began."""

    def __init__(self, seed: int) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.path = FOLDER / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-seed-{seed}.jsonl"
        self._began = time.monotonic()
        self._file = self.path.open("a", encoding="utf-8")

    def write(self, what: str, **facts: Any) -> None:
        """Write one line."""
        line = {"at": round(time.monotonic() - self._began, 3), "what": what, **facts}
        self._file.write(json.dumps(line, default=str) + "\n")
        self._file.flush()


def rounds_of(path: Path) -> Iterator[Round]:
    """Yield the rounds that a history planned."""
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["what"] == "round":
            yield Round.from_description(entry["round"])
