"""The ledger: what was asked of Exchange, kept outside the product's database, in memory and as JSON lines."""

from datetime import UTC, datetime
from pathlib import Path

import orjson

from portal.sandbox.http import Json


class Ledger:
    """Append-only list of calls; one JSON object a line in `ledger.jsonl`.

    Members of an entry: seq, time (UTC, ISO 8601), tenant, cmdlet, parameters, application_id, object_id,
    client_request_id, connection_id, anchor, executed (bool), answered (status or name of the fault), notes.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._seq = _last_seq(path)
        self.entries: list[Json] = []

    def append(self, entry: Json) -> Json:
        """Write one entry, giving it the next number and the time."""
        self._seq += 1
        numbered = {"seq": self._seq, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), **entry}
        self.entries.append(numbered)
        self._file.write(orjson.dumps(numbered, default=str) + b"\n")
        return numbered

    def select(self, *, since: int = 0, tenant: str = "", cmdlet: str = "") -> list[Json]:
        """Entries after number `since`, optionally of one tenant id and one cmdlet (any case)."""
        return [
            entry
            for entry in self.entries
            if entry["seq"] > since
            and (not tenant or entry["tenant"] == tenant)
            and (not cmdlet or str(entry["cmdlet"]).lower() == cmdlet.lower())
        ]

    def forget(self) -> None:
        """Empty the memory; the file keeps everything and numbers go on."""
        self.entries.clear()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _last_seq(path: Path) -> int:
    if not path.exists() or not path.stat().st_size:
        return 0
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, 65536), 2)
        lines = file.read().splitlines()
    for line in reversed(lines):
        try:
            return int(orjson.loads(line)["seq"])
        except (orjson.JSONDecodeError, KeyError):
            continue
    return 0
