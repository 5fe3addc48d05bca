"""The three independent records of what happened: our database, the simulated cloud's ledger, the audit trail."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

# Answers that say for certain that the cmdlet did not run.
REFUSED_BEFORE_IT_RAN = frozenset({"401", "302", "429"})

TARGETS = """
SELECT run_target.id, run_target.run_id, organization.tenant_id, run.cmdlet, run.effect, run_target.state,
    run_target.error_class, run_target.finished_at, pg_xact_commit_timestamp(run_target.xmin) AS committed_at,
    run_target.organization_name
FROM run_target JOIN run ON run.id = run_target.run_id JOIN organization ON organization.id = organization_id
WHERE run_target.run_id = ANY(%s)
"""
ATTEMPTS = """
SELECT attempt.id, attempt.run_target_id, attempt.number, attempt.fence, attempt.worker, attempt.claimed_at,
    attempt.intended_at, attempt.ended_at, attempt.outcome, attempt.error_class, attempt.client_request_id
FROM attempt JOIN run_target ON run_target.id = attempt.run_target_id
WHERE run_target.run_id = ANY(%s) ORDER BY run_target_id, fence
"""
EVENTS = """
SELECT action, target_id, run_id, data, occurred_at, pg_xact_commit_timestamp(xmin) AS committed_at
FROM audit_event WHERE run_id = ANY(%s) ORDER BY id
"""
CONNECTIONS = """
SELECT connection.id, connection.attempt_id, connection.organization_id, connection.opened_at, connection.closed_at,
    connection.close_kind, connection.opened_by, attempt.outcome, attempt.ended_at, run.effect
FROM connection JOIN attempt ON attempt.id = connection.attempt_id JOIN run ON run.id = connection.run_id
WHERE connection.run_id = ANY(%s)
"""
INTENTS = """
SELECT target_id, run_id, data, occurred_at, pg_xact_commit_timestamp(xmin) AS committed_at, organization_id
FROM audit_event WHERE action = 'cmdlet.intended' AND data ->> 'client_request_id' = ANY(%s)
"""
RUNS = """
SELECT id, state, cmdlet, effect, plan, plan_hash, counts, target_count, cancel_requested_at, finished_at, launched_at
FROM run WHERE id = ANY(%s)
"""

Row = dict[str, Any]


@dataclass(slots=True)
class Records:
    """What the three records say of some runs; `entries` are the ledger's since the round began.

    `retry_after` is how many seconds Exchange asked to wait wherever it answered 429, if it did.
    """

    runs: list[Row]
    targets: list[Row]
    attempts: list[Row]
    connections: list[Row]
    events: list[Row]
    entries: list[Row]
    retry_after: float | None = None
    attempts_of: dict[UUID, list[Row]] = field(default_factory=lambda: defaultdict(list))
    events_of: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    entries_of: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for attempt in self.attempts:
            self.attempts_of[attempt["run_target_id"]].append(attempt)
        for event in self.events:
            self.events_of[event["target_id"]].append(event)
        for entry in self.entries:
            self.entries_of[entry["client_request_id"]].append(entry)

    def entries_of_target(self, target: Row) -> list[Row]:
        """Return what the cloud was asked for a target, by the client request ids of its attempts, oldest first."""
        asked = [
            entry
            for attempt in self.attempts_of[target["id"]]
            if attempt["client_request_id"]
            for entry in self.entries_of.get(attempt["client_request_id"], [])
        ]
        return sorted(asked, key=lambda entry: int(entry["seq"]))


def read(run_ids: Sequence[UUID], ledger: "Ledger", *, retry_after: float | None = None) -> Records:
    """Read all three records of these runs."""
    wanted = list(run_ids)
    return Records(
        runs=_rows(RUNS, wanted),
        targets=_rows(TARGETS, wanted),
        attempts=_rows(ATTEMPTS, wanted),
        connections=_rows(CONNECTIONS, wanted),
        events=_rows(EVENTS, wanted),
        entries=ledger.news(),
        retry_after=retry_after,
    )


def _rows(statement: str, run_ids: list[UUID]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [run_ids])
        names = [column[0] for column in cursor.description]
        return [_row(names, values) for values in cursor.fetchall()]


def _row(names: list[str], values: Sequence[Any]) -> Row:
    row = dict(zip(names, values, strict=True))
    for name in ("data", "plan", "counts"):
        if isinstance(row.get(name), str):
            row[name] = json.loads(row[name])
    return row


class Ledger:
    """Reads the simulated cloud's ledger from its file, each line once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def news(self) -> list[Row]:
        """Return the entries since the last call; `time` is a datetime."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        entries = [json.loads(line) for line in whole.splitlines()]
        for entry in entries:
            entry["time"] = datetime.fromisoformat(entry["time"])
        return entries


def open_connections(run_ids: Sequence[UUID]) -> int:
    """Return how many connections of these runs are open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM connection WHERE run_id = ANY(%s) AND closed_at IS NULL", [list(run_ids)])
        number: int = cursor.fetchone()[0]
        return number
