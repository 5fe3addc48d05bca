"""What the page of one request for approval shows, and which answers it offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from jobs.approvals.models import Approval, ApprovalRequest
from jobs.approvals.requests import is_over
from jobs.approvals.selectors import latest_runs_of
from jobs.approvals.signing import is_signed
from jobs.catalogue.effects import Effect
from jobs.current_values import reading_for
from jobs.runs.integrity import alteration_of
from jobs.runs.models import Run
from jobs.runs.selectors import planned_organizations, planned_reach
from jobs.runs.states import OPEN_RUN_STATES, RunState
from jobs.runs.ways import ways_of
from jobs.web.consequences import consequence
from jobs.web.filters import OrganizationFilterForm
from jobs.web.plan_steps import filled_in, plan_steps
from jobs.web.script import lines_of
from jobs.web.words import EFFECTS, RISKS, SERVICES, counted
from portal.core.actors import Actor
from portal.core.permissions import Permission

LATEST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Voice:
    """One approval as the page shows it; `is_genuine` is whether its signature was made here."""

    approval: Approval
    is_genuine: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """Which answers somebody can give now; `why_not` says why approving is not among them."""

    approve: bool = False
    confirm: bool = False
    reject: bool = False
    withdraw_request: bool = False
    withdraw_approval: bool = False
    declare_emergency: bool = False
    why_not: str = ""


def answers_of(actor: Actor, request: ApprovalRequest) -> Answers:
    """Return which answers `actor` can give, as far as the page can tell; the services decide."""
    run, given = request.run, _own(actor, request)
    goes_on = run.state in (RunState.PENDING_APPROVAL, *OPEN_RUN_STATES)
    if not request.is_waiting or is_over(request, timezone.now()):
        return Answers(withdraw_approval=given is not None and goes_on)
    is_own = run.requested_by_id == actor.id
    why_not = _why_not(actor, request, given)
    return Answers(
        approve=not why_not and actor.has(Permission.RUN_APPROVE),
        confirm=not why_not and request.is_emergency and actor.has(Permission.RUN_BREAK_GLASS),
        reject=actor.has(Permission.RUN_APPROVE),
        withdraw_request=is_own or actor.has(Permission.RUN_CANCEL),
        withdraw_approval=given is not None,
        declare_emergency=is_own and not request.is_emergency and actor.has(Permission.RUN_BREAK_GLASS),
        why_not=why_not,
    )


def approval_context(
    actor: Actor, request: ApprovalRequest, query: QueryDict, *, problem: str = "", typed: str = ""
) -> dict[str, Any]:
    """Return what the page shows; `problem` is why an answer was refused, `typed` its comment."""
    run = request.run
    form = OrganizationFilterForm(query)
    return {
        "asked": request,
        "run": run,
        "answers": answers_of(actor, request),
        "voices": [Voice(approval, is_signed(approval)) for approval in request.approvals.all()],
        "missing": max(0, request.approvers - request.standing),
        "is_over": request.is_waiting and is_over(request, timezone.now()),
        "alteration": alteration_of(run),
        "consequence": consequence(run),
        "effect": EFFECTS[Effect(run.effect)],
        "risk": RISKS[run.risk],
        "service": SERVICES[run.service],
        "places": counted(run.target_count, "organization"),
        "steps": plan_steps(run),
        "filled_in": filled_in(actor, run),
        "powershell": lines_of(run),
        "ways": ways_of(run.plan),
        "reach": planned_reach(actor=actor, run=run),
        "form": form,
        "page": planned_organizations(
            actor=actor, run=run, search=form.chosen().get("q", ""), cursor=query.get("cursor", "")
        ),
        "can_be_read": request.is_waiting and reading_for(run) is not None,
        "latest": _latest(actor, run),
        "problem": problem,
        "typed": typed,
    }


def _own(actor: Actor, request: ApprovalRequest) -> Approval | None:
    given = (each for each in request.approvals.all() if each.person_id == actor.id and each.withdrawn_at is None)
    return next(given, None)


def _why_not(actor: Actor, request: ApprovalRequest, given: Approval | None) -> str:
    if actor.human == request.requester_human or request.run.requested_by_id == actor.id:
        return "You asked for it: nobody approves their own run."
    if actor.human in request.barred:
        return "You last changed the job that this run comes from: another approver must answer."
    return "You have approved it; a second person must approve it too." if given else ""


def _latest(actor: Actor, run: Run) -> Sequence[Run]:
    return latest_runs_of(actor=actor, run=run, number=LATEST_SHOWN)
