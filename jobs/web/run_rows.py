"""Runs as rows of a list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.safestring import SafeString

from jobs.runs.models import Run
from jobs.runs.retries import RETRIED_STATES
from jobs.runs.states import is_open
from jobs.web.pictures import bar_markup
from jobs.web.unknown_words import FoundOut
from jobs.web.words import RISKS, counts_in_words, duration

_BAR = {"width": 120, "height": 10}
_SHORT = 90


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a list: its parameters short, its outcomes as picture and words, and how long it took.

    `found_out` is what is known of its unknown outcomes; None where it has none.
    """

    run: Run
    risk: str
    parameters: str
    bar: SafeString
    outcomes: str
    took: str
    found_out: FoundOut | None = None

    @property
    def may_be_retried(self) -> bool:
        """Whether the run has ended and left organizations that another one may hold; the retry itself looks closer."""
        return not is_open(self.run.state) and any(self.run.counts.get(state) for state in RETRIED_STATES)


def run_rows(runs: Iterable[Run], found_out: Mapping[UUID, FoundOut] | None = None) -> list[RunRow]:
    """Return rows for runs whose counts are known, with what was found out about their unknown outcomes."""
    return [
        RunRow(
            run,
            RISKS.get(run.risk, run.risk),
            short_parameters(run),
            bar_markup(run.counts, **_BAR),
            counts_in_words(run.counts),
            duration(run.finished_at - run.launched_at) if run.finished_at and run.launched_at else "",
            (found_out or {}).get(run.pk),
        )
        for run in runs
    ]


def short_parameters(run: Run) -> str:
    """Return the arguments of the run's PowerShell line, and its further cmdlets, cut for a list."""
    line = "; ".join(run.powershell.splitlines())
    arguments = line.removeprefix(run.cmdlet).strip().removesuffix("-Confirm:$false").strip()
    return arguments if len(arguments) <= _SHORT else f"{arguments[:_SHORT]}…"
