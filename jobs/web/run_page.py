"""What the page of a run shows: finished values for the template."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from jobs.catalogue.effects import Effect
from jobs.results.evidence import exports_of
from jobs.results.explanations import explanation_of
from jobs.results.models import Export, ExportState
from jobs.runs.models import Run, RunTarget
from jobs.runs.selectors import (
    Cell,
    Progress,
    TargetFilter,
    progress_of,
    targets_page,
)
from jobs.runs.states import RunState, TargetState, is_open
from jobs.web.again import organizations_again
from jobs.web.causes import cause_rows
from jobs.web.cursor import cursor_of
from jobs.web.filters import TargetFilterForm
from jobs.web.pictures import bar_markup, board_markup, legend
from jobs.web.sentences import page_title, run_sentence
from jobs.web.words import EFFECTS, RISKS, SERVICES, duration
from portal.core.actors import Actor
from portal.core.health import broker_answers
from portal.core.pagination import Page
from portal.core.permissions import Permission

BROKER_GRACE = timedelta(seconds=3)
_BAR = {"width": 1000, "height": 14}
_UNSUCCESSFUL = (TargetState.FAILED, TargetState.ERRORED)


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One organization in the table of targets."""

    target: RunTarget
    cause: str
    took: str


@dataclass(frozen=True, slots=True)
class Live:
    """The part of the page that follows the run; `poll_url` is empty once it is over, `stopping` while it is not."""

    run: Run
    progress: Progress
    sentence: str
    title: str
    tone: str
    bar: SafeString
    legend: list[tuple[str, str, str, int]]
    poll_url: str
    stopping: bool


def broker_is_away(run: Run) -> bool:
    """Whether nothing of the run has started because the broker cannot be reached; asks the broker only then."""
    launched = run.launched_at or timezone.now()
    if run.state != RunState.QUEUED or timezone.now() - launched < BROKER_GRACE:
        return False
    return not broker_answers()


def live(actor: Actor, run: Run, cells: Sequence[Cell], *, broker_away: bool) -> Live:
    """Return the header of a run whose newest changes are `cells`."""
    progress = progress_of(actor=actor, run_id=run.pk)
    cursor = cursor_of(run, cells, broker_away=broker_away)
    poll_url = f"{reverse('jobs:run-progress', args=[run.pk])}?since={cursor}" if is_open(run.state) else ""
    return Live(
        run=run,
        progress=progress,
        sentence=run_sentence(run, progress, now=timezone.now(), broker_away=broker_away),
        title=page_title(run, progress),
        tone=_tone(run, broker_away=broker_away),
        bar=bar_markup(progress.counts, **_BAR),
        legend=legend(progress.counts),
        poll_url=poll_url,
        stopping=is_open(run.state) and run.cancel_requested_at is not None,
    )


def page_context(actor: Actor, run: Run, cells: Sequence[Cell]) -> dict[str, Any]:
    """Return what the top of the run's page needs; `cells` are the whole board."""
    return {
        "live": live(actor, run, cells, broker_away=broker_is_away(run)),
        "board": board_markup(cells),
        "risk": RISKS[run.risk],
        "effect": EFFECTS[Effect(run.effect)],
        "service": SERVICES[run.service],
        "parameters": [
            (name, json.dumps(value, ensure_ascii=False)) for name, value in run.parameters.items() if "@" not in name
        ],
        **actions_context(actor, run),
    }


def actions_context(actor: Actor, run: Run) -> dict[str, Any]:
    """Return which buttons the actor gets."""
    stoppable = is_open(run.state) and run.cancel_requested_at is None
    again = f"{reverse('jobs:launch', args=[run.cmdlet])}?from={run.pk}"
    return {
        "run": run,
        "can_stop": stoppable and actor.has(Permission.RUN_CANCEL),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        "can_export": actor.has(Permission.RUN_EXPORT),
        "again_url": again,
        "retry_url": _retry_url(actor, run, again),
    }


def details_context(
    actor: Actor, run: Run, cells: Sequence[Cell], form: TargetFilterForm, cursor: str
) -> dict[str, Any]:
    """Return the causes of failure on the whole board, `cells`, and one page of targets."""
    wanted = form.wanted()
    targets = targets_page(actor=actor, run_id=run.pk, wanted=wanted, cursor=cursor)
    return {
        "causes": cause_rows(run, cells),
        "form": form,
        "details_url": reverse("jobs:run-details", args=[run.pk]),
        "is_filtered": wanted != TargetFilter(),
        "cause": explanation_of(wanted.error_class).title if wanted.error_class else "",
        "targets": Page([_target_row(target) for target in targets.rows], targets.next_cursor, targets.has_previous),
    }


def exports_context(actor: Actor, run: Run) -> dict[str, Any]:
    """Return the exports of a run, and whether one is still being made."""
    exports: list[Export] = exports_of(actor=actor, run_id=run.pk)
    under_way = any(export.state in (ExportState.QUEUED, ExportState.RUNNING) for export in exports)
    return {"exports": exports, "exports_under_way": under_way, "now": timezone.now()}


def _retry_url(actor: Actor, run: Run, again_url: str) -> str:
    """Return the address that launches an ended run again where it failed; empty where there is no such place."""
    states = [state.value for state in _UNSUCCESSFUL if run.counts.get(state)]
    if is_open(run.state) or not states or not organizations_again(actor=actor, run=run, states=states):
        return ""
    return f"{again_url}&{urlencode({'state': states}, doseq=True)}"


def _target_row(target: RunTarget) -> TargetRow:
    took = target.finished_at - target.started_at if target.finished_at and target.started_at else None
    cause = explanation_of(target.error_class).title if target.error_class else ""
    return TargetRow(target, cause, duration(took))


def _tone(run: Run, *, broker_away: bool) -> str:
    if broker_away:
        return "partly"
    tones = {RunState.SUCCEEDED: "good", RunState.FAILED: "bad", RunState.PARTLY_FAILED: "partly"}
    return tones.get(RunState(run.state), "busy")
