"""Pages of the audit trail: what happened, who did it, where."""

import json
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.audit.selectors import events_for_list, find_event
from portal.audit.web.filters import AuditEventFilter
from portal.core.htmx import render_page
from portal.core.pagination import page_by_key


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the events, the newest first."""
    filters = _filters(request)
    saved = saved_filters(request, actor_of(request), page="audit")
    if saved.opening:
        return saved.opening
    page = page_by_key(filters.qs, order="-occurred_at", cursor=request.GET.get("cursor", ""))
    context = {"filters": filters, "saved": saved, "page": page}
    return render_page(request, "audit/events/list.html", context)


@require_safe
def detail(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Show every fact of one event."""
    event = find_event(actor_of(request), event_id)
    if event is None:
        raise Http404
    facts = json.dumps(event.data, ensure_ascii=False, indent=2, sort_keys=True) if event.data else ""
    return render_page(request, "audit/events/detail.html", {"event": event, "facts": facts})


def _filters(request: HttpRequest) -> AuditEventFilter:
    return AuditEventFilter(request.GET, queryset=events_for_list(actor_of(request)), request=request)
