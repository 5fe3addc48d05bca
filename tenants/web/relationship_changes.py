"""What readings found changed about relationships, across all organizations."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.htmx import render_page
from portal.core.pagination import lost_place, page_by_key
from portal.core.permissions import Permission
from tenants.relationships.changes import filtered_changes
from tenants.web.change_filters import ChangeFilterForm


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the changes, the newest first."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    saved = saved_filters(request, actor, page="relationship-changes")
    if saved.opening:
        return saved.opening
    form, cursor = ChangeFilterForm(actor, request.GET), request.GET.get("cursor", "")
    changes = filtered_changes(actor=actor, wanted=form.wanted(timezone.now().date()))
    page = page_by_key(changes, order=form.order, cursor=cursor)
    context = {
        "form": form,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "choices": form.choices(),
        "saved": saved,
        "sort": form.sort,
        "page": page,
    }
    return render_page(request, "tenants/relationships/changes.html", context)
