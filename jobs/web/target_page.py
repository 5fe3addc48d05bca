"""What the page of a target shows: the story of each attempt, the answer as a table, the raw exchange."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from jobs.results.bodies import unpack, unpack_exchanges
from jobs.results.evidence import answer_of, results_by_attempt
from jobs.results.explanations import explanation_of
from jobs.results.models import Result
from jobs.runs.models import Attempt, Connection, RunTarget
from jobs.runs.selectors import attempts_of, connections_of, events_of
from jobs.runs.states import OPEN_TARGET_STATES
from jobs.web.again import retry_sentence
from jobs.web.outcomes import outcome_sentence
from jobs.web.words import duration
from portal.core.actors import Actor
from portal.core.explanations import Explanation
from portal.core.permissions import Permission

ROWS = 200
COLUMNS = 12
_FIRST_COLUMNS = ("Name", "DisplayName", "Identity", "PrimarySmtpAddress", "UserPrincipalName", "RecipientTypeDetails")


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a story; `moment` is aware or None when it did not come to that."""

    word: str
    moment: datetime | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AttemptStory:
    """One attempt: its steps, its failure in words, its connection and its raw exchanges as text."""

    attempt: Attempt
    steps: list[Step]
    explanation: Explanation | None
    waited: str
    connection: Connection | None
    exchanges: list[dict[str, str]]
    is_late: bool


@dataclass(frozen=True, slots=True)
class ResultTable:
    """The answer as a table of texts; `upright` when one object is shown as names and values."""

    columns: list[str]
    rows: list[list[str]]
    upright: bool
    row_count: int
    column_count: int
    json: str

    @property
    def rows_left_out(self) -> int:
        """How many objects the table does not show."""
        return self.row_count - (1 if self.upright else len(self.rows))

    @property
    def columns_left_out(self) -> int:
        """How many columns the table does not show."""
        return 0 if self.upright else self.column_count - len(self.columns)


def target_context(actor: Actor, target: RunTarget) -> dict[str, Any]:
    """Return everything that the page of `target` shows to `actor`."""
    result, told = answer_of(target), stories(target)
    explanation = explanation_of(target.error_class) if target.error_class else None
    return {
        "target": target,
        "run": target.run,
        "outcome": outcome_sentence(target, [story.attempt for story in told]),
        "explanation": explanation,
        "retry": retry_sentence(target.run, target.state, target.error_class),
        "stories": told,
        "result": result,
        "table": result_table(result) if result else None,
        "events": events_of(actor=actor, target=target),
        "sees_events": actor.has(Permission.AUDIT_EVENT_READ),
        "can_export": actor.has(Permission.RUN_EXPORT),
        "is_open": target.state in OPEN_TARGET_STATES,
    }


def stories(target: RunTarget) -> list[AttemptStory]:
    """Return the story of each attempt, oldest first."""
    connections, results = connections_of(target), results_by_attempt(target)
    return [_story(attempt, connections.get(attempt.pk), results.get(attempt.pk)) for attempt in attempts_of(target)]


def result_table(result: Result) -> ResultTable:
    """Return the first 200 objects of an answer; one object alone shows all its columns, one a line."""
    rows = list(islice(unpack(bytes(result.body)), ROWS))
    pretty = json.dumps(rows, indent=2, ensure_ascii=False)
    if len(rows) == 1 and result.row_count == 1:
        lines = [[name, readable(rows[0].get(name))] for name in result.columns]
        return ResultTable(["Name", "Value"], lines, True, 1, len(result.columns), pretty)
    columns = _columns(result.columns)
    cells = [[readable(row.get(name)) for name in columns] for row in rows]
    return ResultTable(columns, cells, False, result.row_count, len(result.columns), pretty)


def readable(value: Any) -> str:
    """Return a value as a person reads it: lists a line each, nested objects as "name: value"."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(readable(item) for item in value)
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_inline(item)}" for key, item in value.items() if "@" not in key)
    return str(value)


def _inline(value: Any) -> str:
    return readable(value).replace("\n", ", ")


def _columns(columns: list[str]) -> list[str]:
    """Return the columns to show: those that name an object first, then in Exchange's order."""
    first = [name for name in _FIRST_COLUMNS if name in columns]
    return [*first, *(name for name in columns if name not in first)][:COLUMNS]


def _story(attempt: Attempt, connection: Connection | None, result: Result | None) -> AttemptStory:
    return AttemptStory(
        attempt=attempt,
        steps=_steps(attempt, connection),
        explanation=explanation_of(attempt.error_class) if attempt.error_class else None,
        waited=f"{attempt.retry_after_seconds:.0f} s" if attempt.retry_after_seconds is not None else "",
        connection=connection,
        exchanges=[_exchange(item) for item in unpack_exchanges(bytes(result.exchanges))] if result else [],
        is_late=bool(result and result.is_late),
    )


def _steps(attempt: Attempt, connection: Connection | None) -> list[Step]:
    took = attempt.answered_at - attempt.intended_at if attempt.answered_at and attempt.intended_at else None
    closed_by = f"by {connection.closed_by}: {connection.close_reason}" if connection and connection.closed_at else ""
    steps = [
        Step("Claimed", attempt.claimed_at, f"by {attempt.worker}, fence {attempt.fence}"),
        Step("Connected", attempt.connected_at, f"as {connection.identity}" if connection else ""),
        Step("Intent written", attempt.intended_at, "committed before the cmdlet was sent"),
        Step("Answered", attempt.answered_at, f"after {duration(took)}" if took is not None else ""),
        Step("Connection closed", connection.closed_at if connection else None, closed_by),
        Step("Outcome stored", attempt.ended_at, attempt.outcome),
    ]
    return [step for step in steps if step.moment is not None]


def _exchange(exchange: Mapping[str, Any]) -> dict[str, str]:
    status = exchange.get("status")
    return {
        "title": f"{exchange.get('method', '')} {exchange.get('url', '')}",
        "status": str(status) if status else f"no answer: {exchange.get('problem', '')}",
        "took": f"{exchange.get('duration_ms', 0)} ms",
        "request": _message(exchange, "request"),
        "response": _message(exchange, "response"),
    }


def _message(exchange: Mapping[str, Any], part: str) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in (exchange.get(f"{part}_headers") or {}).items())
    cut = "\n… cut at 64 kB" if exchange.get(f"{part}_body_truncated") else ""
    return f"{headers}\n\n{_pretty(str(exchange.get(f'{part}_body') or ''))}{cut}".strip()


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
