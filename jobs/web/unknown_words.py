"""What was found out about the unknown outcomes of runs, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from jobs.reconciliation.selectors import unknown_of_runs
from jobs.reconciliation.unknown_filter import VERDICTS
from jobs.runs.models import Run
from jobs.runs.states import TargetState, Verdict
from portal.core.actors import Actor


@dataclass(frozen=True, slots=True)
class FoundOut:
    """The unknown outcomes of one run: a sentence, how many need a person, and where they are listed."""

    sentence: str
    for_person: int
    url: str


def found_out_of(actor: Actor, runs: Iterable[Run]) -> Mapping[UUID, FoundOut]:
    """Return what was found out for each run that has unknown outcomes; asks nothing where none has."""
    return found_out_by_run(actor, [run.pk for run in runs if run.counts.get(TargetState.UNKNOWN)])


def found_out_by_run(actor: Actor, run_ids: Sequence[UUID]) -> Mapping[UUID, FoundOut]:
    """Return the same for runs that are known to have unknown outcomes."""
    numbers = unknown_of_runs(actor=actor, run_ids=run_ids) if run_ids else {}
    return {
        run_id: FoundOut(
            unknown_sentence(each),
            each.get(Verdict.NEEDS_PERSON, 0),
            f"{reverse('jobs:unknown-outcomes')}?{urlencode({'run': run_id})}",
        )
        for run_id, each in numbers.items()
    }


def unknown_sentence(numbers: Mapping[str, int]) -> str:
    """Return "4 unknown: 1 needs a person, 3 found as planned" for numbers by keys of `VERDICTS`."""
    said = [f"{numbers[key]:,} {_word(key, numbers[key])}" for key in VERDICTS if numbers.get(key)]
    return f"{sum(numbers.values()):,} unknown: {', '.join(said)}"


def _word(key: str, number: int) -> str:
    if key == Verdict.NEEDS_PERSON and number > 1:
        return "need a person"
    is_found = key in (Verdict.APPLIED, Verdict.NOT_APPLIED)
    return f"found {VERDICTS[key]}" if is_found else VERDICTS[key]
