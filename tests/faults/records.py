"""The three independent records of what happened: our database, the simulated cloud's ledger, the audit trail."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

# Commit times are PostgreSQL's own, so that a wrong clock in a process of ours cannot mislead the checkers.
TARGETS = """
SELECT run_target.id, run_target.run_id, run_target.organization_id, organization.tenant_id, run.cmdlet, run.effect,
    run.step_count, run_target.state, run_target.step, run_target.verdict, run_target.error_class,
    run_target.finished_at, run_target.organization_name, pg_xact_commit_timestamp(run_target.xmin) AS committed_at
FROM run_target JOIN run ON run.id = run_target.run_id JOIN organization ON organization.id = organization_id
WHERE run_target.run_id = ANY(%s)
"""
ATTEMPTS = """
SELECT attempt.id, attempt.run_target_id, attempt.number, attempt.fence, attempt.worker, attempt.intended_at,
    attempt.outcome, attempt.client_request_id, pg_xact_commit_timestamp(attempt.xmin) AS committed_at
FROM attempt JOIN run_target ON run_target.id = attempt.run_target_id
WHERE run_target.run_id = ANY(%s) ORDER BY run_target_id, fence
"""
STEPS = """
SELECT step_outcome.run_target_id, step_outcome.step, step_outcome.state, step_outcome.error_class
FROM step_outcome JOIN run_target ON run_target.id = run_target_id WHERE run_target.run_id = ANY(%s)
"""
EVENTS = """
SELECT action, target_id, run_id, data, pg_xact_commit_timestamp(xmin) AS committed_at
FROM audit_event WHERE run_id = ANY(%s) ORDER BY id
"""
INTENTS = """
SELECT target_id, run_id, organization_id, data, pg_xact_commit_timestamp(xmin) AS committed_at
FROM audit_event WHERE action IN ('cmdlet.intended', 'connection.probed') AND data ->> 'client_request_id' = ANY(%s)
ORDER BY id
"""
STOPS = """
SELECT action, pg_xact_commit_timestamp(xmin) AS committed_at FROM audit_event
WHERE action IN ('global_stop.ordered', 'global_stop.lifted') ORDER BY id
"""
CONNECTIONS = """
SELECT connection.id, connection.closed_at, connection.close_kind, connection.opened_by, attempt.outcome,
    pg_xact_commit_timestamp(connection.xmin) AS committed_at, pg_xact_commit_timestamp(attempt.xmin) AS ended_at
FROM connection JOIN attempt ON attempt.id = connection.attempt_id WHERE connection.run_id = ANY(%s)
"""
RUNS = """
SELECT id, state, cmdlet, effect, plan, plan_hash, counts, target_count, step_count FROM run WHERE id = ANY(%s)
"""

Row = dict[str, Any]


@dataclass(slots=True)
class Records:
    """What the three records say of some runs.

    `entries` are the ledger's since the round began, `intents` the events that announced those, whichever run they are
    of, by client request id. `retry_after` is how many seconds Exchange asked to wait wherever it answered 429, `delay`
    how long a call can have been on its way.
    """

    runs: list[Row]
    targets: list[Row]
    attempts: list[Row]
    steps: list[Row]
    connections: list[Row]
    events: list[Row]
    stops: list[Row]
    entries: list[Row]
    intents: dict[str, Row]
    retry_after: float | None = None
    delay: timedelta = timedelta()
    attempts_of: dict[UUID, list[Row]] = field(default_factory=lambda: defaultdict(list))
    events_of: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    entries_of: dict[tuple[str, int], list[Row]] = field(default_factory=lambda: defaultdict(list))
    steps_of: dict[UUID, dict[int, Row]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        for attempt in self.attempts:
            self.attempts_of[attempt["run_target_id"]].append(attempt)
        for event in self.events:
            self.events_of[event["target_id"]].append(event)
        for step in self.steps:
            self.steps_of[step["run_target_id"]][step["step"]] = step
        for entry in self.entries:
            intent = self.intents.get(entry["client_request_id"])
            if intent:
                self.entries_of[intent["target_id"], intent["data"].get("step", 1)].append(entry)

    def calls(self, target: Row, step: int) -> list[Row]:
        """Return what the cloud was asked for a step of a target, oldest first."""
        return self.entries_of.get((str(target["id"]), step), [])


def read(
    run_ids: Sequence[UUID], ledger: "Ledger", *, retry_after: float | None = None, delay: timedelta = timedelta()
) -> Records:
    """Read all three records of these runs."""
    wanted = list(run_ids)
    entries = ledger.entries
    asked = [entry["client_request_id"] for entry in entries]
    return Records(
        runs=_rows(RUNS, wanted),
        targets=_rows(TARGETS, wanted),
        attempts=_rows(ATTEMPTS, wanted),
        steps=_rows(STEPS, wanted),
        connections=_rows(CONNECTIONS, wanted),
        events=_rows(EVENTS, wanted),
        stops=_rows(STOPS),
        entries=entries,
        intents={row["data"]["client_request_id"]: row for row in _rows(INTENTS, asked)},
        retry_after=retry_after,
        delay=delay,
    )


def unknown_targets() -> list[Row]:
    """Return every target of a person's run whose outcome is unknown: its verdict and client request id."""
    return _rows(
        "SELECT run_target.id, run.cmdlet, run.effect, organization_name, verdict, attempt.client_request_id "
        "FROM run_target JOIN run ON run.id = run_id JOIN attempt ON attempt.run_target_id = run_target.id "
        "AND attempt.fence = run_target.fence WHERE run_target.state = 'unknown' AND run.step_count = 1"
    )


def open_connections(run_ids: Sequence[UUID]) -> int:
    """Return how many connections of these runs are open."""
    return len(_rows("SELECT id FROM connection WHERE run_id = ANY(%s) AND closed_at IS NULL", list(run_ids)))


def _rows(statement: str, *arguments: list[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        names = [column[0] for column in cursor.description]
        return [_row(names, values) for values in cursor.fetchall()]


def _row(names: list[str], values: Sequence[Any]) -> Row:
    row = dict(zip(names, values, strict=True))
    for name in ("data", "plan", "counts"):
        if isinstance(row.get(name), str):
            row[name] = json.loads(row[name])
    return row


class Ledger:
    """The simulated cloud's ledger, read from its file: `entries` are those since `begin`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self.executed: set[str] = set()
        self._news: list[Row] = []

    def begin(self) -> None:
        """Leave what is there so far to the past."""
        self.read()
        self._news = []

    @property
    def entries(self) -> list[Row]:
        """What was asked of the cloud, oldest first; `time` is a datetime."""
        self.read()
        return list(self._news)

    def read(self) -> None:
        """Read what is new, and keep which calls were executed."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            entry = json.loads(line)
            entry["time"] = datetime.fromisoformat(entry["time"])
            self._news.append(entry)
            if entry["executed"]:
                self.executed.add(entry["client_request_id"])
