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
from tenants.groups.selectors import GroupView, find_group, groups_for_list, groups_whose_rule_uses
from tenants.groups.services import (
    create_organization_group,
    delete_organization_group,
    duplicate_organization_group,
    remove_from_organization_group,
    rename_organization_group,
)
from tenants.groups.uses import uses_of
from tenants.profiles.selectors import assignments_of_group
from tenants.web.group_list import sorted_groups


class GroupForm(forms.Form):
    """The name of an organization group."""

    name = forms.CharField(max_length=200, label="Name", help_text="For instance “Gold customers”.")


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """Show the groups, and create one that is picked by hand."""
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
            return _to_group(group.pk)
    groups = groups_for_list(actor)
    context = {
        "any": bool(groups),
        **sorted_groups(groups, request.GET),
        "form": form,
        "can_manage": _may_manage(actor),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
    }
    return render_page(request, "tenants/groups/list.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def detail(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Show the members of a group."""
    actor = actor_of(request)
    view = group_or_404(actor, group_id)
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    members = members_of(actor, view.group).matching(text)
    context = {
        "group": view,
        "text": text,
        "page": page_by_key(members, order="name", cursor=request.GET.get("cursor", "")),
        "assignments": assignments_of_group(actor, view.group),
        "can_manage": _may_manage(actor),
        "can_manage_profiles": actor.has(Permission.CONNECTION_PROFILE_MANAGE),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
    }
    return render_page(request, "tenants/groups/detail.html", context)


@require_POST
def remove_members(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Take the ticked organizations out of a group."""
    actor = actor_of(request)
    view = group_or_404(actor, group_id)
    try:
        organization_ids = [UUID(value) for value in request.POST.getlist("organization")]
    except ValueError as error:
        raise Http404 from error
    try:
        removed = remove_from_organization_group(actor=actor, group=view.group, organization_ids=organization_ids)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if removed:
            messages.success(request, f"{counted(removed, 'organization')} removed from “{view.name}”.")
        else:
            messages.warning(request, "No organization is selected. Tick some first.")
    return _to_group(view.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Give a group another name."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    view = group_or_404(actor, group_id)
    before = view.name
    form = GroupForm(request.POST if request.method == "POST" else None, initial={"name": before})
    if request.method == "POST" and form.is_valid():
        try:
            rename_organization_group(actor=actor, group=view.group, name=form.cleaned_data["name"])
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"“{before}” is now called “{view.name}”.")
            return _to_group(view.pk)
    context = {"group_id": view.pk, "name": before, "form": form}
    return render_page(request, "tenants/groups/rename.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def duplicate(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Make another group with the same members or the same rule."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    copy = duplicate_organization_group(actor=actor, group=group_or_404(actor, group_id).group)
    messages.success(request, f"This is the copy, called “{copy.name}”. Rename it and change it as you like.")
    return _to_group(copy.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Ask whether a group shall be deleted, and delete it."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    view = group_or_404(actor, group_id)
    if request.method == "POST":
        try:
            delete_organization_group(actor=actor, group=view.group)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(reverse("tenants:group-delete", args=[view.pk]), status=303)
        messages.success(request, f"The organization group “{view.name}” was deleted. Its organizations stay.")
        return HttpResponseRedirect(reverse("tenants:groups"), status=303)
    context = {
        "group": view,
        "rules": groups_whose_rule_uses(view.group),
        "assignments": assignments_of_group(actor, view.group),
        "can_manage_profiles": actor.has(Permission.CONNECTION_PROFILE_MANAGE),
        "uses": uses_of(actor, view.group),
    }
    return render_page(request, "tenants/groups/confirm.html", context)


def group_or_404(actor: Actor, group_id: UUID) -> GroupView:
    """Return a group that `actor` may see; raises 404 when there is none."""
    actor.require(Permission.ORGANIZATION_READ)
    view = find_group(actor, group_id)
    if view is None:
        raise Http404
    return view


def _to_group(group_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("tenants:group", args=[group_id]), status=303)


def _may_manage(actor: Actor) -> bool:
    return actor.has(Permission.ORGANIZATION_GROUP_MANAGE)
