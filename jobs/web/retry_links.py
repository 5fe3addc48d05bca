"""What a run is a retry of, and in which runs it was retried: links both ways."""

from dataclasses import dataclass

from jobs.runs.models import Run
from jobs.runs.retries import retried_runs, retries_of
from jobs.runs.states import TargetState, is_open
from jobs.runs.worklist import counts_of
from portal.core.actors import Actor


@dataclass(frozen=True, slots=True)
class RetryLinks:
    """The runs before, the nearest first, and the retries of this run, each with how it went: "29 of 31 succeeded"."""

    before: list[Run]
    after: list[tuple[Run, str]]


def retry_links(actor: Actor, run: Run) -> RetryLinks:
    """Return how `run` hangs together with others."""
    before = retried_runs(actor=actor, run=run)
    after = [] if is_open(run.state) else list(retries_of(actor=actor, run=run))
    open_ones = [each for each in after if is_open(each.state)]
    now = counts_of(actor=actor, runs=open_ones) if open_ones else {}
    return RetryLinks(before, [(each, _went(each, now.get(each.pk, each.counts))) for each in after])


def _went(run: Run, counts: dict[str, int]) -> str:
    return f"{counts.get(TargetState.SUCCEEDED, 0):,} of {run.target_count:,} succeeded" + (
        " so far" if is_open(run.state) else ""
    )
