"""The launch form as an address fills it: from a draft, a run, a job, or what stands in the address itself."""

from dataclasses import dataclass, field
from uuid import UUID

from django.http import HttpRequest, QueryDict

from jobs.catalogue.cmdlets import Cmdlet, find
from jobs.runs.models import Run
from jobs.runs.selectors import draft_of, launched_run, organizations_of_targets, planned_organization_ids
from jobs.runs.states import RunState, TargetState
from jobs.runs.ways import FrozenWays
from jobs.saved.models import LaunchDraft
from jobs.saved.selectors import find_job, find_launch_draft, launch_draft_of_run, steps_of
from jobs.web import interrupted
from jobs.web.connect_with import FIELD as CONNECT_WITH
from jobs.web.form_steps import find_row, job_rows, opened, rows, run_rows
from jobs.web.launch_form import LaunchForm
from jobs.web.where import FILTER_KEYS, FILTER_PREFIX
from portal.core.actors import Actor
from portal.core.identifiers import uuid7
from portal.core.text import readable_id
from tenants.groups.scope import Scope
from tenants.selection.filters import OrganizationFilter


@dataclass
class Prefilled:
    """A form with notes on what of the address was not followed, and the run that came of it already, if any."""

    form: LaunchForm
    notes: list[str] = field(default_factory=list)
    launched: Run | None = None


def prefilled(request: HttpRequest, actor: Actor, cmdlet: Cmdlet) -> Prefilled:
    """Return the form that the address of `request` means; what cannot be followed is said in a note."""
    for key, fill in (("draft", _of_draft), ("from", _of_run), ("job", _of_job)):
        if request.GET.get(key):
            identifier = readable_id(request.GET[key])
            found = fill(request, actor, cmdlet, identifier) if identifier else None
            if found:
                return found
            start = Prefilled(LaunchForm.read(actor, cmdlet, _without_ids(request.GET)))
            start.notes.append(f"{_MISSING[key]} The form starts empty.")
            return start
    return _of_address(actor, cmdlet, request.GET)


_MISSING = {
    "draft": "This unfinished launch was discarded, is older than two weeks, or is of another cmdlet.",
    "from": "The run that the address names was deleted, is of another cmdlet, or is not visible to you.",
    "job": "The job that the address names was deleted, is of another cmdlet, or is not shared with you.",
}


def _of_draft(request: HttpRequest, actor: Actor, cmdlet: Cmdlet, draft_id: UUID) -> Prefilled | None:
    posted = interrupted.taken(request, actor, cmdlet, draft_id)
    draft = find_launch_draft(actor=actor, draft_id=draft_id)
    if posted:
        note = "You were signed out when you pressed the button. Everything that you had typed is here again."
        return Prefilled(_read(actor, cmdlet, posted, draft_id), [note])
    return _unlaunched(actor, cmdlet, draft) if draft else None


def _unlaunched(actor: Actor, cmdlet: Cmdlet, draft: LaunchDraft) -> Prefilled | None:
    """Return the form of a draft, its step of this cmdlet open; of one that was launched, of another launch."""
    data = QueryDict(draft.typed, mutable=True)
    if draft.cmdlet != cmdlet.name:
        steps = rows(find(draft.cmdlet), data)
        position = find_row(steps, cmdlet)
        if not position:
            return None
        _, data = opened(data, steps, position)
    if draft.run is None or draft.run.state == RunState.DRAFT:
        return Prefilled(_read(actor, cmdlet, data, draft.pk))
    return Prefilled(_read(actor, cmdlet, data, uuid7()), launched=draft.run)


def _of_run(request: HttpRequest, actor: Actor, cmdlet: Cmdlet, run_id: UUID) -> Prefilled | None:
    """Return the form of a plan, or of a run to be launched again: never where its outcome is unknown."""
    run = draft_of(actor=actor, run_id=run_id) or launched_run(actor=actor, run_id=run_id)
    if run is None or run.cmdlet != cmdlet.name:
        return None
    draft = launch_draft_of_run(actor=actor, run_id=run_id) if run.state == RunState.DRAFT else None
    if draft is not None:
        return _unlaunched(actor, cmdlet, draft)
    places = _places(actor, run, request.GET)
    unknown = [pk for pk in _unknown(actor, run) if pk in places]
    _, data = opened(QueryDict(), run_rows(run), 1)
    data.update({"reason": run.reason, "ticket": run.ticket, "where": "chosen"})
    data.setlist("organization", [str(pk) for pk in places if pk not in unknown])
    if unknown:
        data["again"] = str(run.pk)
    if len(cmdlet.services) > 1:
        data["service"] = run.service
    data[CONNECT_WITH] = FrozenWays.of_plan(run.plan).chosen
    if run.step_count > 1:
        data["on_failure"] = run.plan["on_failure"]
    secrets = list(dict.fromkeys(name for step in run.steps for name in step.secrets))
    again = [f"Type it again, because secrets are not kept: {', '.join(secrets)}."] if secrets else []
    return Prefilled(_read(actor, cmdlet, data, uuid7()), again)


def _of_job(request: HttpRequest, actor: Actor, cmdlet: Cmdlet, job_id: UUID) -> Prefilled | None:
    job = find_job(actor=actor, job_id=job_id)
    steps = job_rows(steps_of(job)) if job else []
    position = _position(request.GET.get("step", ""), len(steps))
    if job is None or not position or find_row(steps[position - 1 : position], cmdlet) == 0:
        return None
    alone = "alone" in request.GET
    around = QueryDict(job.typed, mutable=True)
    around["job"] = str(job.pk)
    _, data = opened(around, steps[position - 1 : position] if alone else steps, 1 if alone else position)
    return Prefilled(_read(actor, cmdlet, data, uuid7()))


def _position(text: str, most: int) -> int:
    """Return the step that an address names, the first without a name; 0 when there is none such."""
    wanted = text or "1"
    return int(wanted) if wanted in map(str, range(1, most + 1)) else 0


def _of_address(actor: Actor, cmdlet: Cmdlet, query: QueryDict) -> Prefilled:
    """Return the form with what stands in the address: parameters, and a selection as `tenants.selection` writes it."""
    data = _without_ids(query)
    notes: list[str] = []
    if query.get("match") == "all":
        wanted = OrganizationFilter.read(Scope.of(actor), query)
        notes += [f"{sentence} It was ignored." for sentence in wanted.ignored]
        data.pop("group", None)
        data["where"] = "filter"
        for key in FILTER_KEYS:
            values = [wanted.text] if key == "q" else list(wanted.values.get(key, ()))
            data.setlist(FILTER_PREFIX + key, [value for value in values if value])
    for key in ("organization", "group"):
        readable = [text for text in data.getlist(key) if readable_id(text)]
        if len(readable) < len(data.getlist(key)):
            notes.append(f"An id under “{key}” in the address cannot be read and was ignored.")
            data.setlist(key, readable)
    return Prefilled(LaunchForm.read(actor, cmdlet, data), notes)


def _without_ids(query: QueryDict) -> QueryDict:
    data = query.copy()
    for key in ("draft", "job", "step", "alone", "from", "again"):
        data.pop(key, None)
    return data


def _read(actor: Actor, cmdlet: Cmdlet, data: QueryDict, draft_id: UUID) -> LaunchForm:
    form = LaunchForm.read(actor, cmdlet, data)
    form.draft_id = draft_id
    return form


def _unknown(actor: Actor, run: Run) -> list[UUID]:
    if run.state == RunState.DRAFT:
        return []
    return organizations_of_targets(actor=actor, run_id=run.pk, states=[TargetState.UNKNOWN], error_class="")


def _places(actor: Actor, run: Run, query: QueryDict) -> list[UUID]:
    """Return all organizations of a run, or only those that the address names: with none in it, nobody."""
    planned = planned_organization_ids(actor=actor, run=run)
    if "organization" not in query:
        return planned
    picked = {readable_id(text) for text in query.getlist("organization")}
    return [pk for pk in planned if pk in picked]
