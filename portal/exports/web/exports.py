"""Pages of exports: asked for, followed, downloaded, cancelled, deleted, made again."""

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import fragment_of, render_page
from portal.core.pagination import lost_place
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports import services
from portal.exports.files import export_path, file_name
from portal.exports.models import Export, ExportFormat
from portal.exports.selectors import export_of, exports_page
from portal.exports.web.forms import AskForm, ExportFilterForm
from portal.exports.web.rows import ExportRow, export_rows

CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.JSONL: "application/x-ndjson",
}
STOP_POLLING = 286
"""The status on which htmx stops asking."""


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the exports: one's own, and everybody's to those who may see them."""
    actor = actor_of(request)
    form = ExportFilterForm(actor, request.GET)
    wanted, cursor = form.wanted(), request.GET.get("cursor", "")
    page = exports_page(actor=actor, wanted=wanted, sort=form.sort, cursor=cursor)
    context = {
        "form": form,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "is_filtered": form.is_filtered,
        "everybody": wanted.everybody,
        "page": page,
        "rows": export_rows(actor, page.rows),
        "sort": form.sort,
    }
    return render_page(request, "exports/list.html", context)


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an export; htmx gets the button back with the progress beside it, others the list."""
    form = AskForm(request.POST)
    try:
        if not form.is_valid():
            raise services.ExportRefused(form.sentence())
        asked = form.cleaned_data
        export = services.request_export(
            actor=actor_of(request),
            listing=asked["listing"],
            of_id=asked["of"],
            query=_present_query(request) if asked["follows"] and _is_htmx(request) else asked["query"],
            file_format=ExportFormat(asked["format"]),
        )
    except Refused as refusal:
        return render(request, "exports/refused.html", {"sentence": str(refusal)}, status=422)
    if _is_htmx(request):
        return _button(request, export, follows=asked["follows"])
    return _asked(request, export)


@require_safe
def detail(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Show one export: what it holds, how far it is, until when it can be downloaded."""
    actor = actor_of(request)
    return _detail(request, actor, _found(actor, export_id))


@require_safe
@fragment_of("exports:export")
def row(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Answer a poll of the list with the row of one export."""
    actor = actor_of(request)
    found = _row(actor, _found(actor, export_id))
    context = {"row": found, "everybody": request.GET.get("everybody") == "on", "is_update": True}
    return render(request, "exports/list.html#export-row", context, status=_poll_status(found))


@require_safe
@fragment_of("exports:export")
def progress(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Answer a poll of the export's own page."""
    actor = actor_of(request)
    found = _row(actor, _found(actor, export_id))
    context = {"row": found, "is_update": True}
    return render(request, "exports/detail.html#export-state", context, status=_poll_status(found))


@require_safe
@fragment_of("exports:export")
def button(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Answer a poll of the button that asked for the export."""
    export = _found(actor_of(request), export_id)
    return _button(request, export, follows=request.GET.get("follows") == "on")


@require_safe
def download(request: HttpRequest, export_id: UUID) -> HttpResponseBase:
    """Send the file of an export; 410 with the way to make it again when it is gone."""
    actor = actor_of(request)
    known = _found(actor, export_id)
    try:
        export = services.download_export(actor=actor, export_id=export_id)
        file = export_path(export).open("rb")
    except (services.ExportRefused, FileNotFoundError) as refusal:
        sentence = str(refusal) if isinstance(refusal, Refused) else "This export has expired. Make it again."
        return _detail(request, actor, known, sentence=sentence, status=410)
    response = FileResponse(file, as_attachment=True, filename=file_name(export))
    response.headers["Content-Type"] = CONTENT_TYPES[ExportFormat(export.format)]
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def cancel(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Cancel an export that is queued or being made."""
    actor = actor_of(request)
    known = _found(actor, export_id)
    try:
        export = services.cancel_export(actor=actor, export_id=export_id)
    except Refused as refusal:
        return _detail(request, actor, known, sentence=str(refusal), status=409)
    messages.success(request, f"The export “{export}” was cancelled. Nothing of it is kept.")
    return _to_list()


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Ask whether an export shall be deleted, and delete it."""
    actor = actor_of(request)
    known = _found(actor, export_id)
    if request.method != "POST":
        return render_page(request, "exports/confirm.html", {"export": known})
    try:
        export = services.delete_export(actor=actor, export_id=export_id)
    except Refused as refusal:
        return _detail(request, actor, known, sentence=str(refusal), status=409)
    messages.success(request, f"The export “{export}” and its file were deleted.")
    return _to_list()


@require_POST
def again(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Ask anew for what an export held, as it is now."""
    actor = actor_of(request)
    known = _found(actor, export_id)
    try:
        export = services.repeat_export(actor=actor, export_id=export_id)
    except Refused as refusal:
        return _detail(request, actor, known, sentence=str(refusal), status=409)
    return _asked(request, export)


def _asked(request: HttpRequest, export: Export) -> HttpResponse:
    words = f"{export.get_format_display()} of “{export}” is being made. It stays here for 7 days."
    messages.success(request, words)
    return _to_list()


def _to_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("exports:list"), status=303)


def _is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _present_query(request: HttpRequest) -> str:
    """Return the query that stands in the address of the browser."""
    return urlsplit(request.headers.get("HX-Current-URL", "")).query


def _button(request: HttpRequest, export: Export, *, follows: bool) -> HttpResponse:
    found = _row(actor_of(request), export)
    context = {
        "id": found.anchor,
        "listing": export.listing,
        "of": export.of_id,
        "query": export.query,
        "follows": follows,
        "row": found,
        "is_update": True,
    }
    return render(request, "exports/_menu.html", context)


def _detail(
    request: HttpRequest, actor: Actor, export: Export, *, sentence: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "row": _row(actor, export),
        "export": export,
        "sentence": sentence,
        "is_own": export.requested_by_id == actor.id,
        "reads_audit": actor.has(Permission.AUDIT_EVENT_READ),
    }
    return render_page(request, "exports/detail.html", context, status=status)


def _row(actor: Actor, export: Export) -> ExportRow:
    return export_rows(actor, [export])[0]


def _poll_status(row: ExportRow) -> int:
    return 200 if row.under_way else STOP_POLLING


def _found(actor: Actor, export_id: UUID) -> Export:
    export = export_of(actor=actor, export_id=export_id)
    if export is None:
        raise Http404("There is no such export.")
    return export
