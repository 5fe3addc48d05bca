"""What was typed for a run, to be changed or used again: kept in the session, else read from the plan."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, QueryDict

from jobs.catalogue.cmdlets import Cmdlet
from jobs.runs.models import Run
from jobs.runs.selectors import draft_of, launched_run, organizations_of_targets, planned_organization_ids
from jobs.web.launch_form import LaunchForm, PurposeForm
from jobs.web.plan_values import typed_texts
from portal.core.actors import Actor

_KEY = "launch_forms"
_KEPT = 5
_NOT_TYPED = ("csrfmiddlewaretoken", "look", "choose_set")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which organizations of a run to choose again: those whose target is in a state, or of an error class."""

    states: list[str]
    error_class: str

    def __bool__(self) -> bool:
        return bool(self.states or self.error_class)


def keep(request: HttpRequest, run_id: UUID) -> None:
    """Keep what was posted for a draft, for the last few drafts of this session."""
    typed = request.POST.copy()
    for key in _NOT_TYPED:
        typed.pop(key, None)
    forms = {**request.session.get(_KEY, {}), str(run_id): typed.urlencode()}
    request.session[_KEY] = dict(list(forms.items())[-_KEPT:])


def form_of(request: HttpRequest, actor: Actor, cmdlet: Cmdlet, run_id: UUID, wanted: Wanted) -> LaunchForm | None:
    """Return the launch form of a run or draft, filled in; None when there is no such run of this cmdlet."""
    run = draft_of(actor=actor, run_id=run_id) or launched_run(actor=actor, run_id=run_id)
    if run is None or run.cmdlet != cmdlet.name:
        return None
    typed = request.session.get(_KEY, {}).get(str(run_id))
    if typed and not wanted:
        return LaunchForm.read(cmdlet, QueryDict(typed))
    return LaunchForm.fresh(
        cmdlet,
        texts=typed_texts(cmdlet, run.parameters),
        purpose=PurposeForm({"reason": run.reason, "ticket": run.ticket}),
        service=run.service if len(cmdlet.services) > 1 else "",
        organization_ids=_organization_ids(actor, run, wanted),
    )


def _organization_ids(actor: Actor, run: Run, wanted: Wanted) -> list[UUID]:
    if not wanted:
        return planned_organization_ids(actor=actor, run=run)
    return organizations_of_targets(actor=actor, run_id=run.pk, states=wanted.states, error_class=wanted.error_class)
