"""Pages of the audit trail: what happened, who did it, where."""

import json
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.audit.event_filter import filtered_events
from portal.audit.selectors import find_event
from portal.audit.web.filters import EventFilterForm
from portal.audit.web.objects import object_url
from portal.core.htmx import render_page
from portal.core.pagination import lost_place, page_by_key
from portal.core.periods import days_of_month
from portal.core.permissions import Permission


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the events, the newest first."""
    actor = actor_of(request)
    actor.require(Permission.AUDIT_EVENT_READ)
    saved = saved_filters(request, actor, page="audit")
    if saved.opening:
        return saved.opening
    form, today, cursor = EventFilterForm(actor, request.GET), timezone.now().date(), request.GET.get("cursor", "")
    events = filtered_events(actor=actor, wanted=form.wanted(today))
    page = page_by_key(events, order="-occurred_at", cursor=cursor)
    context = {
        "form": form,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "choices": form.choices(today),
        "organization_names": form.organization_names(),
        "people_names": form.people_names(),
        "saved": saved,
        "page": page,
        "rows": [(event, object_url(event)) for event in page.rows],
    }
    return render_page(request, "audit/events/list.html", context)


@require_safe
def detail(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Show every fact of one event."""
    event = find_event(actor_of(request), event_id)
    if event is None:
        raise Http404("There is no such event, or it is not visible to you.")
    since, until = days_of_month(event.occurred_at.date())
    context = {
        "event": event,
        "object_url": object_url(event),
        "facts": [(name.replace("_", " "), _readable(value)) for name, value in sorted(event.data.items())],
        "raw": json.dumps(event.data, ensure_ascii=False, indent=2, sort_keys=True),
        "month": f"since={since}&until={until}",
        "month_in_words": f"{since:%B %Y}",
    }
    return render_page(request, "audit/events/detail.html", context)


def _readable(value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict | list) else str(value)
