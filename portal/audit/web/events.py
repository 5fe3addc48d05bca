"""Pages of the audit trail: what happened, who did it, where."""

import json
from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.audit.models import AuditEvent
from portal.audit.selectors import events_for_list, find_event
from portal.audit.web.filters import AuditEventFilter
from portal.core.csv_rows import csv_response
from portal.core.htmx import render_page
from portal.core.pagination import page_by_key

EXPORT_LIMIT = 10_000
EXPORT_FIELDS = (
    "id",
    "occurred_at",
    "action",
    "sentence",
    "actor_kind",
    "actor_id",
    "actor_label",
    "source",
    "address",
    "organization_id",
    "organization_name",
    "target_kind",
    "target_id",
    "target_label",
    "run_id",
)


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the events, the newest first."""
    filters = _filters(request)
    saved = saved_filters(request, actor_of(request), page="audit")
    if saved.opening:
        return saved.opening
    page = page_by_key(filters.qs, order="-occurred_at", cursor=request.GET.get("cursor", ""))
    context = {"filters": filters, "saved": saved, "page": page, "export_limit": EXPORT_LIMIT}
    return render_page(request, "audit/events/list.html", context)


@require_safe
def detail(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Show every fact of one event."""
    event = find_event(actor_of(request), event_id)
    if event is None:
        raise Http404
    facts = json.dumps(event.data, ensure_ascii=False, indent=2, sort_keys=True) if event.data else ""
    return render_page(request, "audit/events/detail.html", {"event": event, "facts": facts})


@require_safe
def export_csv(request: HttpRequest) -> HttpResponse:
    """Hand out the newest 10,000 of the filtered events as CSV; a last row says when there are more."""
    events, more = _exported(request)
    rows = [[*_values(event), json.dumps(event.data, ensure_ascii=False, sort_keys=True)] for event in events]
    if more:
        rows.append([_more_than_limit()])
    return csv_response("audit-events.csv", [*EXPORT_FIELDS, "data"], rows)


@require_safe
def export_jsonl(request: HttpRequest) -> HttpResponse:
    """Hand out the newest 10,000 of the filtered events, an object a line; a last line says when there are more."""
    events, more = _exported(request)
    objects: list[dict[str, object]] = [
        {**dict(zip(EXPORT_FIELDS, _values(event), strict=True)), "data": event.data} for event in events
    ]
    if more:
        objects.append({"notice": _more_than_limit()})
    lines = "".join(json.dumps(each, ensure_ascii=False, default=str) + "\n" for each in objects)
    return HttpResponse(
        lines.encode(),
        content_type="application/x-ndjson; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit-events.jsonl"'},
    )


def _filters(request: HttpRequest) -> AuditEventFilter:
    return AuditEventFilter(request.GET, queryset=events_for_list(actor_of(request)), request=request)


def _exported(request: HttpRequest) -> tuple[Sequence[AuditEvent], bool]:
    found = list(_filters(request).qs.order_by("-occurred_at", "-pk")[: EXPORT_LIMIT + 1])
    return found[:EXPORT_LIMIT], len(found) > EXPORT_LIMIT


def _values(event: AuditEvent) -> list[object]:
    values = [getattr(event, field) for field in EXPORT_FIELDS]
    values[1] = event.occurred_at.isoformat()
    return values


def _more_than_limit() -> str:
    return f"Only the newest {EXPORT_LIMIT:,} events are here; narrow the filters to export the others."
