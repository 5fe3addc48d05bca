"""Import a PowerShell script: a report on what it does, and a draft job from its cmdlets. Nothing of it is executed."""

from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jobs.saved.models import Job
from jobs.saved.services import Definition, JobRefused, create_job
from jobs.saved.typed import FormTooLarge
from jobs.scripts.inspection import inspect
from jobs.scripts.report import Report
from jobs.scripts.source import MOST_BYTES, UnreadableScript, script_text
from jobs.scripts.steps import Draft, draft_of
from jobs.scripts.verdict import verdict
from jobs.web.script_report import MOST_LINES, cmdlet_rows, connection_rows, source_lines
from jobs.web.script_steps import launch_forms
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.text import storable

_LONGEST_NAME = 180


@require_http_methods(["GET", "HEAD", "POST"])
def import_script(request: HttpRequest) -> HttpResponse:
    """Ask for a script; a POST shows the report on it, or saves the job that it becomes (`create`).

    The script itself is kept nowhere: the page of the report carries it, with its secrets masked.
    """
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    if request.method != "POST":
        return render(request, "jobs/scripts/import.html", {"most": MOST_BYTES})
    try:
        text, name = _posted(request)
    except UnreadableScript as refusal:
        context = {"most": MOST_BYTES, "refusal": str(refusal), "script": _again(request)}
        return render(request, "jobs/scripts/import.html", context, status=422)
    report = inspect(text)
    draft = draft_of(report)
    if "create" not in request.POST:
        return render(request, "jobs/scripts/report.html", _context(report, draft, name))
    try:
        job = _created(actor, request.POST, draft)
    except (JobRefused, FormTooLarge) as refused:
        context = _context(report, draft, name, str(refused)) | {"typed": request.POST}
        return render(request, "jobs/scripts/report.html", context, status=422)
    messages.success(request, f"Saved as the job “{job.name}”. Nothing has run yet.")
    return HttpResponseRedirect(reverse("jobs:job", args=[job.pk]), status=303)


def _created(actor: Actor, typed: QueryDict, draft: Draft) -> Job:
    """Save the steps as a job; raises `JobRefused` or `FormTooLarge`."""
    if not draft.steps:
        raise JobRefused("Nothing of this script becomes a step, so there is no job to create.")
    (cmdlet, data), *later = launch_forms(draft.steps)
    return create_job(
        actor=actor,
        name=typed.get("job_name", ""),
        description=typed.get("job_description", ""),
        shared="job_shared" in typed,
        definition=Definition.of_forms(cmdlet, data, later),
    )


def _posted(request: HttpRequest) -> tuple[str, str]:
    """Return the script that was uploaded or pasted, and a name for it; raises `UnreadableScript`."""
    upload = request.FILES.get("script_file")
    if upload is not None and not isinstance(upload, list):
        name = PurePath((upload.name or "").replace("\\", "/")).stem
        return script_text(upload.read(MOST_BYTES + 1)), storable(name, _LONGEST_NAME)
    pasted = request.POST.get("script", "")
    if not pasted.strip():
        raise UnreadableScript("Nothing was pasted and no file was chosen. Choose a .ps1 file, or paste its text.")
    content = pasted.replace("\r\n", "\n").encode(errors="replace")
    return script_text(content), storable(request.POST.get("script_name", ""), _LONGEST_NAME)


def _again(request: HttpRequest) -> str:
    """Return what was pasted, to be mended; not what is too long or binary."""
    pasted = request.POST.get("script", "")
    return "" if len(pasted) > MOST_BYTES or "\x00" in pasted else inspect(pasted).text if pasted.strip() else ""


def _context(report: Report, draft: Draft, name: str, problem: str = "") -> dict[str, Any]:
    return {
        "report": report,
        "verdict": verdict(report),
        "connections": connection_rows(report),
        "cmdlets": cmdlet_rows(report),
        "lines": list(source_lines(report)),
        "more_lines": max(0, report.source.lines - MOST_LINES),
        "draft": draft,
        "name": name,
        "problem": problem,
    }
