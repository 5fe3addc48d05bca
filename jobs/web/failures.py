"""Help on failures: what each means, who must do what, and where it is met."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from jobs.failures.selectors import failed_since, failing_now, organizations_failing_with, recent_targets
from jobs.web.failure_filters import FailureFilterForm
from jobs.web.failure_words import DID_IT_RUN, RETRY, WHO, ran_sentence, retry_sentence
from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.actors import Actor
from portal.core.explanations import Explanation, known_explanation
from portal.core.permissions import Permission

LATELY = timedelta(days=30)
SHOWN = 100


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One failure in the list; `now` and `lately` count organizations."""

    explanation: Explanation
    now: int
    lately: int

    @property
    def area(self) -> str:
        """What the list is grouped by."""
        return self.explanation.area

    @property
    def who(self) -> str:
        """Who must act."""
        return WHO[self.explanation.who]

    @property
    def retry(self) -> str:
        """Whether a retry helps, in a word."""
        return RETRY[self.explanation.retry]

    @property
    def did_it_run(self) -> str:
        """Whether anything was carried out, in a word."""
        return DID_IT_RUN[self.explanation.did_it_run]


@require_safe
def failure_list(request: HttpRequest) -> HttpResponse:
    """Show every kind of failure by area, with the organizations that meet it."""
    actor = actor_of(request)
    actor.require(Permission.CMDLET_READ)
    saved = saved_filters(request, actor, page="failures")
    if saved.opening:
        return saved.opening
    form = FailureFilterForm(request.GET)
    rows = failure_rows(actor, form)
    context = {
        "form": form,
        "ignored": form.ignored(),
        "choices": form.choices(),
        "saved": saved,
        "number": len(rows),
        "groups": [(area, list(group)) for area, group in groupby(rows, key=attrgetter("area"))],
    }
    return render(request, "jobs/failures/list.html", context)


@require_safe
def failure_detail(request: HttpRequest, error_class: str) -> HttpResponse:
    """Show one kind of failure with everything that helps."""
    actor = actor_of(request)
    actor.require(Permission.CMDLET_READ)
    explanation = known_explanation(error_class)
    if explanation is None:
        raise Http404("There is no such failure. The list of failures finds them by code and by words.")
    affected = organizations_failing_with(actor=actor, error_class=error_class)
    context = {
        "explanation": explanation,
        "who": WHO[explanation.who],
        "retry": retry_sentence(explanation),
        "did_it_run": ran_sentence(explanation),
        "affected": affected[:SHOWN],
        "affected_number": len(affected),
        "recent": recent_targets(actor=actor, error_class=error_class),
        "sees_organizations": actor.has(Permission.ORGANIZATION_READ),
    }
    return render(request, "jobs/failures/detail.html", context)


def failure_rows(actor: Actor, form: FailureFilterForm) -> Sequence[FailureRow]:
    """Return the failures that the form lets through, each with its organizations."""
    now, lately = failing_now(actor=actor), failed_since(actor=actor, since=timezone.now() - LATELY)
    return [FailureRow(each, now.get(each.error_class, 0), lately.get(each.error_class, 0)) for each in form.found(now)]
