"""What the page of a target shows: its outcome and what to do, its answer, its story, and what lies beside it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from jobs.exchange.errors import NO_BODY
from jobs.exchange.refusals import CONFIRMATION_PENDING
from jobs.reconciliation.selectors import read_for
from jobs.results.evidence import answer_of
from jobs.results.explanations import explanation_of
from jobs.retry.candidates import candidates
from jobs.runs.models import RunTarget
from jobs.runs.neighbours import earlier_targets, neighbours
from jobs.runs.purposes import Purpose
from jobs.runs.selectors import events_of
from jobs.runs.states import OPEN_TARGET_STATES, TargetState, Verdict, is_open
from jobs.web.again import retry_sentence
from jobs.web.outcomes import outcome_sentence
from jobs.web.script import lines_for
from jobs.web.target_result import result_table
from jobs.web.target_steps import outcomes_in, shown_step, step_rows
from jobs.web.target_story import attempts_in, stories
from jobs.web.unknown_panel import unknown_panel
from jobs.web.words import duration
from portal.core.actors import Actor
from portal.core.permissions import Permission

_TONES = {TargetState.SUCCEEDED: "good", TargetState.UNKNOWN: "partly"}
_CALM = (*OPEN_TARGET_STATES, TargetState.CANCELLED, TargetState.SKIPPED)
_FOUND_OUT: Mapping[str, str] = {
    Verdict.APPLIED: "Do not run it again: it is as planned already.",
    Verdict.NOT_APPLIED: "It may be run again: nothing was changed.",
}
_TEXTS_OF_EXCHANGE = ("partly_done", CONFIRMATION_PENDING.error_class)


def target_context(
    actor: Actor, target: RunTarget, query: QueryDict, *, words: str = "", problem: str = ""
) -> dict[str, Any]:
    """Return everything that the page of `target` shows to `actor`; `query` chooses objects and columns.

    `problem` is why a decision, with the reason `words`, was refused.
    """
    outcomes, told = outcomes_in(target), stories(target)
    step = shown_step(outcomes, query.get("step", "")) if target.run.step_count > 1 else None
    result = answer_of(target, step)
    previous, following = neighbours(actor=actor, target=target)
    return {
        "target": target,
        "run": target.run,
        "outcome": outcome_sentence(target, attempts_in(told)),
        "tone": "busy" if target.state in _CALM else _TONES.get(TargetState(target.state), "bad"),
        "explanation": explanation_of(target.error_class) if target.error_class else None,
        "retry": _FOUND_OUT.get(target.verdict) or retry_sentence(target.run, target.state, target.error_class),
        "again_url": _again_url(actor, target),
        "may_retry": _may_retry(actor, target),
        "is_unknown": target.state == TargetState.UNKNOWN,
        "is_found_out": target.verdict in _FOUND_OUT,
        "panel": unknown_panel(actor, target, words=words, problem=problem),
        "read_for": read_for(target=target) if target.run.purpose == Purpose.RECONCILIATION else None,
        "detail": "Microsoft sent no text with it." if target.error_detail == NO_BODY else target.error_detail,
        "detail_is_microsofts": is_microsofts(target),
        "took": duration(target.finished_at - target.queued_at) if target.finished_at else "",
        "powershell": lines_for(target.run, str(target.organization.tenant_id)),
        "stories": told,
        "steps": step_rows(target, outcomes, step) if step is not None else [],
        "step": step,
        "result": result,
        "table": result_table(result, query) if result and result.row_count else None,
        "events": events_of(actor=actor, target=target),
        "sees_events": actor.has(Permission.AUDIT_EVENT_READ),
        "can_export": actor.has(Permission.RUN_EXPORT),
        "is_open": target.state in OPEN_TARGET_STATES,
        "previous": previous,
        "following": following,
        "earlier": earlier_targets(actor=actor, target=target),
    }


def is_microsofts(target: RunTarget) -> bool:
    """Whether the text kept with the outcome is Microsoft's own, and not Signalbox's or the network's."""
    by_code = bool(target.error_code) and target.error_detail != NO_BODY
    return bool(target.error_detail) and (by_code or target.error_class in _TEXTS_OF_EXCHANGE)


def _may_retry(actor: Actor, target: RunTarget) -> bool:
    if is_open(target.run.state) or not actor.has(Permission.RUN_LAUNCH):
        return False
    found = candidates(actor=actor, run=target.run, organization_ids=[target.organization_id])
    return bool(found.first_steps)


def _again_url(actor: Actor, target: RunTarget) -> str:
    """Return the address that fills the launch form for this organization, where it succeeded; empty elsewhere."""
    run = target.run
    if target.state != TargetState.SUCCEEDED or not actor.has(Permission.RUN_LAUNCH):
        return ""
    query = urlencode({"from": run.pk, "organization": target.organization_id})
    return f"{reverse('jobs:launch', args=[run.cmdlet])}?{query}"
