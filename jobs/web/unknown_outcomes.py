"""Unknown outcomes: which organizations need my eyes, what did we send, what is there now?"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from jobs.reconciliation.selectors import UnknownOutcome, unknown_by_verdict, unknown_page, with_latest
from jobs.runs.states import TargetState, Verdict
from jobs.web.evidence_rows import in_short
from jobs.web.sent import sent_arguments, sent_cmdlet
from jobs.web.unknown_filters import UnknownFilterForm
from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.pagination import lost_place
from portal.core.permissions import Permission


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """One unknown outcome in the list.

    `state` is how it looks, `evidence` some values sent and there now, unless they are as planned.
    """

    outcome: UnknownOutcome
    state: str
    cmdlet: str
    parameters: str
    detail: str
    evidence: Sequence[str]


@require_safe
def unknown_outcomes(request: HttpRequest) -> HttpResponse:
    """Show the outcomes that are, or were, unknown with what was found out about each."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    actor.require(Permission.ORGANIZATION_READ)
    saved = saved_filters(request, actor, page="unknown outcomes")
    if saved.opening:
        return saved.opening
    form, cursor = UnknownFilterForm(actor, request.GET), request.GET.get("cursor", "")
    wanted = form.wanted(timezone.now().date())
    page = unknown_page(actor=actor, wanted=wanted, sort=form.sort, cursor=cursor)
    context = {
        "form": form,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "choices": form.choices(unknown_by_verdict(actor=actor)),
        "saved": saved,
        "page": page,
        "rows": [unknown_row(each) for each in with_latest(page.rows)],
    }
    return render(request, "jobs/unknown/list.html", context)


def unknown_row(outcome: UnknownOutcome) -> UnknownRow:
    """Return an unknown outcome as a row."""
    latest = outcome.latest
    return UnknownRow(
        outcome,
        outcome.target.verdict or TargetState.UNKNOWN,
        sent_cmdlet(outcome.target),
        sent_arguments(outcome.target),
        latest.detail if latest else "Signalbox has not looked yet.",
        in_short(latest.lines) if latest and outcome.target.verdict != Verdict.APPLIED else (),
    )
