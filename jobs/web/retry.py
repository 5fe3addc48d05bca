"""Retry: from an ended run to the review of a new one, with one click unless a secret has to be typed."""

from collections.abc import Mapping
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jobs.retry.candidates import Candidates, candidates
from jobs.retry.services import SecretsWanted, Typed, retriable_run, retry_run, secrets_of
from jobs.runs.models import Run
from jobs.runs.plans import PlanChanged
from jobs.web.refused import refused
from jobs.web.run_access import run_for
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.text import readable_id, storable


@require_http_methods(["GET", "HEAD", "POST"])
def run_retry(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show whom a retry would hold, and ask for its secrets; a POST drafts it and leads to its review."""
    actor, run = run_for(request, run_id, Permission.RUN_LAUNCH)
    sent = request.POST if request.method == "POST" else request.GET
    error_class, organization_ids = _narrowed(sent)
    typed = _typed(run, sent)
    try:
        retriable_run(actor=actor, run_id=run_id)
        if request.method == "POST":
            retry = retry_run(
                actor=actor,
                run_id=run_id,
                error_class=error_class,
                organization_ids=organization_ids,
                secrets=typed,
            )
            return HttpResponseRedirect(reverse("jobs:review", args=[retry.pk]), status=303)
    except SecretsWanted as wanted:
        if not any(typed.values()):
            return HttpResponseRedirect(f"{request.path}?{_kept(sent).urlencode()}", status=303)
        return _page(request, actor, run, sent, wanted.problems, status=422)
    except (Refused, PlanChanged) as refusal:
        url = reverse("jobs:run", args=[run_id])
        return refused(request, refusal, title="This run cannot be retried", url=url, action="Open the run", status=409)
    return _page(request, actor, run, sent, {})


def _page(
    request: HttpRequest,
    actor: Actor,
    run: Run,
    sent: QueryDict,
    problems: Mapping[tuple[int, str], str],
    *,
    status: int = 200,
) -> HttpResponse:
    error_class, organization_ids = _narrowed(sent)
    found: Candidates = candidates(actor=actor, run=run, error_class=error_class, organization_ids=organization_ids)
    several = run.step_count > 1
    context = {
        "run": run,
        "found": found,
        "secrets": [
            {
                "field": _field(step, name),
                "label": f"Step {step}, {run.steps[step - 1].cmdlet}: {name}" if several else name,
                "problem": problems.get((step, name), ""),
            }
            for step, name in secrets_of(run)
        ],
        "hidden": [(key, value) for key, values in _kept(sent).lists() for value in values],
    }
    return render(request, "jobs/retry/form.html", context, status=status)


def _narrowed(sent: QueryDict) -> tuple[str, list[UUID] | None]:
    """Return the one error class, and the organizations, that an address or a form asks for; None is any."""
    picked = [pk for text in sent.getlist("organization") if (pk := readable_id(text))]
    return storable(sent.get("cause", ""), 60), picked if "organization" in sent else None


def _kept(sent: QueryDict) -> QueryDict:
    kept = QueryDict(mutable=True)
    for key in ("cause", "organization"):
        if key in sent:
            kept.setlist(key, sent.getlist(key))
    return kept


def _typed(run: Run, sent: QueryDict) -> Typed:
    return {(step, name): sent.get(_field(step, name), "") for step, name in secrets_of(run)}


def _field(step: int, name: str) -> str:
    return f"secret.{step}.{name}"
