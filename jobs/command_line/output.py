"""What a finished run prints."""

import json
import sys
from collections import Counter
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from jobs.results.explanations import explanation_of
from jobs.results.selectors import TargetRows, rows_by_target
from jobs.results.tables import result_columns, result_rows
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import TargetState
from portal.core.actors import Actor
from portal.exports.writers.comma_separated import write_csv_lines

ALWAYS_NAMED = (TargetState.SUCCEEDED, TargetState.FAILED, TargetState.ERRORED, TargetState.UNKNOWN)
NAMED_IF_ANY = (TargetState.SKIPPED, TargetState.DENIED, TargetState.CANCELLED)


def print_json(actor: Actor, run: Run) -> None:
    """Print one JSON object per organization on standard output."""
    for item in rows_by_target(actor=actor, run_id=run.pk):
        sys.stdout.write(_json_line(run, item))


def print_csv(actor: Actor, run: Run) -> None:
    """Print all objects of all organizations as CSV on standard output."""
    write_csv_lines(sys.stdout, result_columns(actor=actor, run_id=run.pk), result_rows(actor=actor, run_id=run.pk))


def print_summary(run: Run, *, to_stderr: bool) -> None:
    """Print a table of outcomes with their causes, then one line that counts them all."""
    console = Console(stderr=to_stderr)
    console.print(f"Run {run.pk}", highlight=False)
    table = Table("Outcome", "Organizations", "Cause", "What to do", box=None, header_style="bold", pad_edge=False)
    for (state, error_class), number in _causes(run):
        explanation = explanation_of(error_class) if error_class else None
        table.add_row(
            TargetState(state).label,
            str(number),
            explanation.title if explanation else "",
            explanation.fix if explanation else "",
        )
    console.print(table)
    console.print(summary_line(run), highlight=False, soft_wrap=True)


def report(run: Run) -> str:
    """Return how the run ended as JSON: id, state, counts, and how many organizations still have no outcome."""
    still_open = RunTarget.objects.filter(run=run).open().count()
    return json.dumps({"run": str(run.pk), "state": run.state, "counts": run.counts, "open": still_open})


def summary_line(run: Run) -> str:
    """Return `300 organizations: 271 succeeded, 22 failed, 7 errored, 0 unknown in 6.4 s`."""
    parts = [f"{run.counts.get(state, 0)} {state.label.lower()}" for state in ALWAYS_NAMED]
    parts += [f"{run.counts[state]} {state.label.lower()}" for state in NAMED_IF_ANY if run.counts.get(state)]
    places = "1 organization" if run.target_count == 1 else f"{run.target_count} organizations"
    seconds = (run.finished_at - run.launched_at).total_seconds() if run.finished_at and run.launched_at else 0.0
    return f"{places}: {', '.join(parts)} in {seconds:.1f} s"


def _json_line(run: Run, item: TargetRows) -> str:
    target = item.target
    record: dict[str, Any] = {
        "organization": target.organization_name,
        "tenant_id": str(target.organization.tenant_id),
        "state": target.state,
        "error_class": target.error_class,
        "error_code": target.error_code,
        "error_detail": target.error_detail,
        "rows": item.rows,
    }
    if run.step_count > 1:
        record["steps"] = [{"step": step, "rows": rows} for step, rows in item.by_step.items()]
        del record["rows"]
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE).decode()


def _causes(run: Run) -> list[tuple[tuple[str, str], int]]:
    ended = RunTarget.objects.filter(run=run).values_list("state", "error_class")
    order = [*ALWAYS_NAMED, *NAMED_IF_ANY]
    return sorted(Counter(ended).items(), key=lambda item: (order.index(TargetState(item[0][0])), -item[1]))
