"""Approvals: may this happen?"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.approvals.models import ApprovalRequest, RequestState
from jobs.approvals.requests import ApprovalRefused, withdraw_request
from jobs.approvals.selectors import MINE, SORTS, WHICH, find_request, requests_page
from jobs.approvals.services import (
    approve_run,
    confirm_emergency,
    declare_emergency,
    reject_run,
    withdraw_approval,
)
from jobs.current_values import read_current_values
from jobs.runs.plans import PlanChanged
from jobs.web.approval_page import approval_context
from jobs.web.run_access import GONE
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.filters import ChoiceRow, Sorted, choice_field
from portal.core.htmx import render_page
from portal.core.pagination import lost_place
from portal.core.permissions import Permission


class RequestFilterForm(Sorted):
    """Which requests are wanted."""

    SORTS, FIRST = SORTS, "-asked"
    which = choice_field("Requests", WHICH.items())

    def words(self, name: str, value: Any) -> str:
        """Return the filter in words."""
        return WHICH[value]

    def choices(self, *, may_approve: bool) -> list[ChoiceRow]:
        """Return the filter as links."""
        offered = (key for key in WHICH if may_approve or key != MINE)
        return [ChoiceRow("Requests", [self.choice("which", key, WHICH[key]) for key in offered])]


@require_safe
def approval_list(request: HttpRequest) -> HttpResponse:
    """Show what waits for approval, and what was answered."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    form, cursor = RequestFilterForm(request.GET), request.GET.get("cursor", "")
    which = form.chosen().get("which", "")
    page = requests_page(actor=actor, which=which, order=form.order, cursor=cursor)
    context = {
        "form": form,
        "which": which,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "choices": form.choices(may_approve=actor.has(Permission.RUN_APPROVE)),
        "page": page,
        "may_manage": actor.has(Permission.APPROVAL_POLICY_MANAGE),
    }
    return render_page(request, "jobs/approvals/list.html", context)


@require_safe
def approval_detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show exactly what is to be approved, and what was said about it."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    return _page(request, actor, _found(actor, run_id))


@require_POST
def approval_approve(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Sign the plan that was shown."""
    said = {"plan_hash": request.POST.get("plan_hash", ""), "comment": request.POST.get("comment", "")}
    return _answer(request, run_id, lambda actor: _approved(approve_run(actor=actor, run_id=run_id, **said)))


@require_POST
def approval_confirm(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Let an emergency run begin, as the second person."""
    said = {"plan_hash": request.POST.get("plan_hash", ""), "comment": request.POST.get("comment", "")}
    return _answer(request, run_id, lambda actor: _approved(confirm_emergency(actor=actor, run_id=run_id, **said)))


@require_POST
def approval_reject(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Let the run never begin."""

    def reject(actor: Actor) -> str:
        reject_run(actor=actor, run_id=run_id, reason=request.POST.get("comment", ""))
        return "Rejected: the run will not begin."

    return _answer(request, run_id, reject)


@require_POST
def approval_withdraw(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Take back the request."""

    def withdraw(actor: Actor) -> str:
        withdraw_request(actor=actor, run_id=run_id, reason=request.POST.get("comment", ""))
        return "The request is withdrawn: the run will not begin."

    return _answer(request, run_id, withdraw)


@require_POST
def approval_withdraw_own(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Take back what one said."""

    def withdraw(actor: Actor) -> str:
        withdraw_approval(actor=actor, run_id=run_id, reason=request.POST.get("comment", ""))
        return "Your approval is withdrawn: nothing more begins because of it."

    return _answer(request, run_id, withdraw)


@require_POST
def approval_read(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Have what is there now read, in every organization."""

    def read(actor: Actor) -> str:
        launched = read_current_values(actor=actor, run_id=run_id)
        return f"{launched} reads what is there now; it changes nothing."

    return _answer(request, run_id, read)


@require_POST
def approval_emergency(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Declare an emergency."""

    def declare(actor: Actor) -> str:
        declare_emergency(actor=actor, run_id=run_id, reason=request.POST.get("comment", ""))
        return "The emergency is declared. A second person who may break the glass must confirm it now."

    return _answer(request, run_id, declare)


def _approved(answered: ApprovalRequest) -> str:
    if answered.state == RequestState.APPROVED:
        return "Approved: the run begins."
    if answered.state == RequestState.VOIDED:
        return f"Nothing begins. {answered.end_reason}"
    return "Your approval is kept. The run begins when a second person approves it too."


def _answer(request: HttpRequest, run_id: UUID, act: Callable[[Actor], str]) -> HttpResponse:
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    found = _found(actor, run_id)
    try:
        said = act(actor)
    except (ApprovalRefused, PlanChanged) as refusal:
        return _page(request, actor, found, problem=str(refusal), typed=request.POST.get("comment", ""), status=409)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("jobs:approval", args=[run_id]), status=303)


def _found(actor: Actor, run_id: UUID) -> ApprovalRequest:
    found = find_request(actor=actor, run_id=run_id)
    if found is None:
        raise Http404(GONE.format("request for approval"))
    return found


def _page(
    request: HttpRequest,
    actor: Actor,
    found: ApprovalRequest,
    *,
    problem: str = "",
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    if problem:  # another answer may have come first
        found = _found(actor, found.run_id)
    context = approval_context(actor, found, request.GET, problem=problem, typed=typed)
    return render_page(request, "jobs/approvals/detail.html", context, partials=("frozen-list",), status=status)
