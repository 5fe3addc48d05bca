"""Pages about organizations: whom we serve, and whether we can get in."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.audit.selectors import recent_events_of
from portal.core.htmx import render_page
from portal.core.pagination import page_by_key
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.templatetags.presentation import counted
from tenants.groups.selectors import find_group, groups_for_list
from tenants.groups.services import add_to_organization_group, create_organization_group
from tenants.organizations import selectors
from tenants.relationships.selectors import relationships_of
from tenants.sync.selectors import latest_synchronization
from tenants.web.filters import OrganizationFilter, facets_of
from tenants.web.groups import GroupForm
from tenants.web.synchronizations import panel_context


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the organizations with search, facets and sorting."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    saved = saved_filters(request, actor, page="organizations")
    if saved.opening:
        return saved.opening
    filters = OrganizationFilter.read(actor, request.GET)
    sort = request.GET.get("sort", "name")
    order = selectors.SORTS.get(sort, "name")
    chosen = {name: value for name, value in request.GET.items() if name in filters.filters and value}
    context = {
        "filters": filters,
        "saved": saved,
        "chosen": chosen,
        "facets": facets_of(filters, request.GET),
        "page": page_by_key(filters.qs, order=order, cursor=request.GET.get("cursor", "")),
        "matching": filters.qs.count(),
        "sort": sort,
        "groups": groups_for_list(actor),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        "can_group": actor.has(Permission.ORGANIZATION_GROUP_MANAGE),
        **panel_context(actor, latest_synchronization()),
    }
    return render_page(request, "tenants/organizations/list.html", context)


@require_safe
def detail(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Show who an organization is, whether we can get in, and what was done there."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    organization = selectors.find_organization(actor, organization_id)
    if organization is None:
        raise Http404
    context = {
        "organization": organization,
        "relationships": relationships_of(organization),
        "run_targets": selectors.recent_run_targets(actor, organization),
        "connections": selectors.recent_connections(actor, organization),
        "events": recent_events_of(actor, organization.pk),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        "can_read_runs": actor.has(Permission.RUN_READ),
        "can_read_events": actor.has(Permission.AUDIT_EVENT_READ),
    }
    return render_page(request, "tenants/organizations/detail.html", context)


@require_POST
def selected(request: HttpRequest) -> HttpResponse:
    """Take the selected organizations to a cmdlet, or put them into a group."""
    actor_of(request).require(Permission.ORGANIZATION_READ)
    organization_ids = _selected_ids(request)
    if not organization_ids:
        messages.warning(request, "No organization is selected. Tick some first.")
        return _back_to_list(request)
    if request.POST.get("action") == "run":
        query = QueryDict(mutable=True)
        query.setlist("organization", [str(organization_id) for organization_id in organization_ids])
        return HttpResponseRedirect(f"{reverse('jobs:cmdlets')}?{query.urlencode()}", status=303)
    try:
        messages.success(request, _add_to_group(request, organization_ids))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return _back_to_list(request)


def _selected_ids(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(value) for value in request.POST.getlist("organization")]
    except ValueError as error:
        raise Http404 from error


def _add_to_group(request: HttpRequest, organization_ids: list[UUID]) -> str:
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    if request.POST.get("new_group", "").strip():
        group = create_organization_group(actor=actor, name=_new_name(request), organization_ids=organization_ids)
        return (
            f"The organization group “{group.name}” was created with {counted(len(organization_ids), 'organization')}."
        )
    try:
        found = find_group(actor, UUID(request.POST.get("group", "")))
    except (ValueError, ValidationError):
        found = None
    if found is None:
        raise Refused("Choose an organization group, or type the name of a new one.")
    added = add_to_organization_group(actor=actor, group=found.group, organization_ids=organization_ids)
    return f"{added} of {counted(len(organization_ids), 'selected organization')} added to “{found.name}”."


def _new_name(request: HttpRequest) -> str:
    form = GroupForm({"name": request.POST["new_group"]})
    if not form.is_valid():
        raise Refused(f"The organization group was not created. {' '.join(map(str, form.errors['name']))}")
    name: str = form.cleaned_data["name"]
    return name


def _back_to_list(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("back", "")
    here = reverse("tenants:organizations")
    safe = back.startswith(here) and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if safe else here, status=303)
