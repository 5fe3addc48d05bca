"""Pages about organization groups."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.pagination import page_by_key
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.templatetags.presentation import counted
from tenants.groups.membership import members_of
from tenants.groups.models import OrganizationGroup
from tenants.groups.selectors import find_group, groups_for_list
from tenants.groups.services import (
    create_organization_group,
    delete_organization_group,
    remove_from_organization_group,
)


class GroupForm(forms.Form):
    """The name of a new organization group."""

    name = forms.CharField(max_length=200, label="Name", help_text="For instance “Gold customers”.")


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """Show the groups, and create one."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    form = GroupForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            group = create_organization_group(actor=actor, name=form.cleaned_data["name"])
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"The organization group “{group.name}” was created.")
            return HttpResponseRedirect(reverse("tenants:group", args=[group.pk]), status=303)
    context = {"groups": groups_for_list(actor), "form": form, "can_manage": _may_manage(actor)}
    return render_page(request, "tenants/groups/list.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def detail(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Show the members of a group."""
    actor = actor_of(request)
    group = _group(actor, group_id)
    members = page_by_key(members_of(actor, group), order="name", cursor=request.GET.get("cursor", ""))
    context = {
        "group": group,
        "page": members,
        "can_manage": _may_manage(actor),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
    }
    return render_page(request, "tenants/groups/detail.html", context)


@require_POST
def remove_members(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Take the ticked organizations out of a group."""
    actor = actor_of(request)
    group = _group(actor, group_id)
    try:
        organization_ids = [UUID(value) for value in request.POST.getlist("organization")]
    except ValueError as error:
        raise Http404 from error
    removed = remove_from_organization_group(actor=actor, group=group, organization_ids=organization_ids)
    if removed:
        messages.success(request, f"{counted(removed, 'organization')} removed from “{group.name}”.")
    else:
        messages.warning(request, "No organization is selected. Tick some first.")
    return HttpResponseRedirect(reverse("tenants:group", args=[group.pk]), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Ask whether a group shall be deleted, and delete it."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    group = _group(actor, group_id)
    if request.method == "POST":
        delete_organization_group(actor=actor, group=group)
        messages.success(request, f"The organization group “{group.name}” was deleted. Its organizations stay.")
        return HttpResponseRedirect(reverse("tenants:groups"), status=303)
    return render_page(request, "tenants/groups/confirm.html", {"group": group})


def _group(actor: Actor, group_id: UUID) -> OrganizationGroup:
    actor.require(Permission.ORGANIZATION_READ)
    group = find_group(actor, group_id)
    if group is None:
        raise Http404
    return group


def _may_manage(actor: Actor) -> bool:
    return actor.has(Permission.ORGANIZATION_GROUP_MANAGE)
