"""Runs as rows of a list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from jobs.results.tables import safe
from jobs.runs.models import Run
from jobs.runs.states import TargetState
from jobs.web.pictures import bar_markup
from jobs.web.words import RISKS, counts_in_words, duration

CSV_COLUMNS = (
    "Run",
    "Cmdlet",
    "Parameters",
    "Organizations",
    "State",
    *(state.label for state in TargetState),
    "Risk",
    "RequestedBy",
    "Reason",
    "Ticket",
    "LaunchedAt",
    "FinishedAt",
    "PlanHash",
)
_BAR = {"width": 120, "height": 10}
_SHORT = 90


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a list: its parameters short, its outcomes as picture and words, and how long it took."""

    run: Run
    risk: str
    parameters: str
    bar: SafeString
    outcomes: str
    took: str


def run_rows(runs: Iterable[Run]) -> list[RunRow]:
    """Return rows for runs whose counts are known."""
    return [
        RunRow(
            run,
            RISKS.get(run.risk, run.risk),
            short_parameters(run),
            bar_markup(run.counts, **_BAR),
            counts_in_words(run.counts),
            duration(run.finished_at - run.launched_at) if run.finished_at and run.launched_at else "",
        )
        for run in runs
    ]


def short_parameters(run: Run) -> str:
    """Return the arguments of the run's PowerShell line, cut for a list; the run's page has all."""
    arguments = run.powershell.removeprefix(run.cmdlet).strip().removesuffix("-Confirm:$false").strip()
    return arguments if len(arguments) <= _SHORT else f"{arguments[:_SHORT]}…"


def csv_row(run: Run) -> list[str]:
    """Return the cells of one run, none of which a spreadsheet takes for a formula; times are UTC in ISO 8601."""
    cells: Sequence[Any] = (
        str(run.pk),
        run.cmdlet,
        run.powershell.removeprefix(run.cmdlet).strip(),
        run.target_count,
        run.get_state_display(),
        *(run.counts.get(state.value, 0) for state in TargetState),
        run.risk,
        run.requested_by,
        run.reason,
        run.ticket,
        run.launched_at.isoformat() if run.launched_at else "",
        run.finished_at.isoformat() if run.finished_at else "",
        run.plan_hash,
    )
    return [safe(cell) for cell in cells]
