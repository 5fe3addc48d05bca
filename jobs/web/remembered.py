"""What was typed for a run, to be changed or used again: kept in the session, else read from the plan."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, QueryDict

from jobs.catalogue.cmdlets import Cmdlet
from jobs.runs.models import Run
from jobs.runs.selectors import draft_of, launched_run, organizations_of_targets, planned_organization_ids
from jobs.runs.states import RunState, TargetState
from jobs.web.again import LOOK_FIRST, organizations_again
from jobs.web.launch_form import LaunchForm, PurposeForm
from jobs.web.parameter_texts import PREFIX
from jobs.web.plan_values import typed_texts
from jobs.web.what import What
from jobs.web.words import counted
from portal.core.actors import Actor
from portal.core.text import storable

_KEY = "launch_forms"
_KEPT = 5
_NOT_TYPED = ("csrfmiddlewaretoken", "look", "choose_set")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which organizations of a run to choose again: those whose target is in a state, of an error class, or named."""

    states: list[str]
    error_class: str
    organizations: list[str]

    def __bool__(self) -> bool:
        return bool(self.states or self.error_class or self.organizations)


def keep(request: HttpRequest, cmdlet: Cmdlet, run_id: UUID) -> None:
    """Keep what was posted for a draft, for the last few drafts of this session, without secrets."""
    typed = request.POST.copy()
    secrets = {f"{PREFIX}{parameter.name}".lower() for parameter in cmdlet.parameters.values() if parameter.secret}
    for key in [key for key in typed if key in _NOT_TYPED or key.lower() in secrets]:
        typed.pop(key, None)
    forms = {**request.session.get(_KEY, {}), str(run_id): typed.urlencode()}
    request.session[_KEY] = dict(list(forms.items())[-_KEPT:])


def form_of(request: HttpRequest, actor: Actor, cmdlet: Cmdlet, run_id: UUID, wanted: Wanted) -> LaunchForm | None:
    """Return the launch form of a run or draft, filled in; None when there is no such run of this cmdlet.

    Organizations of a run whose outcome is unknown are never chosen again; a message says so.
    """
    run = draft_of(actor=actor, run_id=run_id) or launched_run(actor=actor, run_id=run_id)
    if run is None or run.cmdlet != cmdlet.name:
        return None
    unknown = _unknown_organization_ids(actor, run, wanted)
    if unknown:
        places = counted(len(unknown), "organization")
        messages.warning(request, f"Not chosen, because the outcome there is unknown: {places}. {LOOK_FIRST}")
    typed = request.session.get(_KEY, {}).get(str(run_id))
    if typed and not wanted and not unknown:
        return LaunchForm.read(cmdlet, QueryDict(typed))
    service = run.service if len(cmdlet.services) > 1 else ""
    return LaunchForm(
        what=What(cmdlet, typed_texts(cmdlet, run.parameters), service=service),
        purpose=PurposeForm({"reason": run.reason, "ticket": run.ticket}),
        organization_ids=[pk for pk in _organization_ids(actor, run, wanted) if pk not in unknown],
    )


def _organization_ids(actor: Actor, run: Run, wanted: Wanted) -> list[UUID]:
    if not (wanted.states or wanted.error_class):
        planned = planned_organization_ids(actor=actor, run=run)
        return [pk for pk in planned if str(pk) in wanted.organizations or not wanted.organizations]
    error_class = storable(wanted.error_class)
    return organizations_again(actor=actor, run=run, states=wanted.states, error_class=error_class)


def _unknown_organization_ids(actor: Actor, run: Run, wanted: Wanted) -> set[UUID]:
    if run.state == RunState.DRAFT:
        return set()
    unknown = organizations_of_targets(actor=actor, run_id=run.pk, states=[TargetState.UNKNOWN], error_class="")
    return {pk for pk in unknown if str(pk) in wanted.organizations or not wanted.organizations}
