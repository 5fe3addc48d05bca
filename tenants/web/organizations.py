"""The list of organizations: whom do we serve, and can we get in?"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from tenants.sync.selectors import latest_synchronization
from tenants.web.organization_list import list_context
from tenants.web.synchronizations import panel_context


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the organizations with search, facets and sorting."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    saved = saved_filters(request, actor, page="organizations")
    if saved.opening:
        return saved.opening
    can_launch, can_group = actor.has(Permission.RUN_LAUNCH), actor.has(Permission.ORGANIZATION_GROUP_MANAGE)
    can_set_variables = actor.has(Permission.ORGANIZATION_VARIABLE_MANAGE)
    context = {
        **list_context(actor, request.GET),
        "saved": saved,
        "can_launch": can_launch,
        "can_group": can_group,
        "can_set_variables": can_set_variables,
        "can_assign_profiles": actor.has(Permission.CONNECTION_PROFILE_MANAGE),
        "can_select": can_launch or can_group or can_set_variables,
        "can_add": actor.has(Permission.ORGANIZATION_ADD),
        "can_read_runs": actor.has(Permission.RUN_READ),
        **panel_context(actor, latest_synchronization()),
    }
    return render_page(request, "tenants/organizations/list.html", context)
