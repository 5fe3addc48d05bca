"""Exports: asked for on a run's page, downloaded when ready."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from jobs.results.evidence import export_of
from jobs.results.exports import ExportRefused, download_export, export_path, request_export
from jobs.results.models import ExportFormat
from jobs.runs.selectors import launched_run
from jobs.web.refused import refused
from jobs.web.run_page import exports_context
from portal.accounts.web.access import actor_of
from portal.core.permissions import Permission

STOP_POLLING = 286


@require_http_methods(["GET", "HEAD", "POST"])
def export_request(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask for a file of all results (POST), or show how far the files of a run are."""
    actor = actor_of(request)
    actor.require(Permission.RUN_EXPORT)
    run = launched_run(actor=actor, run_id=run_id)
    if run is None:
        raise Http404("There is no such run.")
    if request.method == "POST":
        return _ask(request, run_id)
    context = {"run": run, "can_export": True, **exports_context(actor, run)}
    status = 200 if context["exports_under_way"] else STOP_POLLING
    return render(request, "jobs/runs/_exports.html", context, status=status)


@require_safe
def export_download(request: HttpRequest, export_id: UUID) -> HttpResponseBase:
    """Send the file of an export; 410 with the way to make it again when it is gone."""
    actor = actor_of(request)
    actor.require(Permission.RUN_EXPORT)
    known = export_of(actor=actor, export_id=export_id)
    if known is None:
        raise Http404("There is no such export.")
    try:
        export = download_export(actor=actor, export_id=export_id)
    except ExportRefused as refusal:
        return render(request, "jobs/exports/gone.html", {"export": known, "sentence": str(refusal)}, status=410)
    return FileResponse(export_path(export).open("rb"), as_attachment=True, filename=export.file_name)


def _ask(request: HttpRequest, run_id: UUID) -> HttpResponse:
    file_format = request.POST.get("format", "")
    url = reverse("jobs:run", args=[run_id])
    if file_format not in ExportFormat.values:
        refusal = ExportRefused("Choose CSV or JSONL.")
        return refused(request, refusal, title="No such format", url=url, action="Back to the run", status=422)
    request_export(actor=actor_of(request), run_id=run_id, file_format=ExportFormat(file_format))
    return HttpResponseRedirect(f"{url}#run-exports", status=303)
