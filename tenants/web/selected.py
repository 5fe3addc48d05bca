"""What is done with the organizations that are selected in the list."""

from collections.abc import Callable
from hashlib import sha256
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.templatetags.presentation import counted
from tenants.groups.models import OrganizationGroup
from tenants.groups.selectors import find_group
from tenants.groups.services import (
    add_to_organization_group,
    create_organization_group,
    remove_from_organization_group,
)
from tenants.selection.selectors import organizations_of_selection, selection_in, selection_in_words
from tenants.variables.names import VariableRefused, checked_name, checked_value
from tenants.variables.selectors import effect_of, variable_names
from tenants.variables.services import Setting, set_variables


@require_POST
def selected(request: HttpRequest) -> HttpResponse:
    """Take the selected organizations to a cmdlet or a variable, or into or out of a group."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    selection = selection_in(request.POST)
    action = request.POST.get("action", "")
    try:
        _require_some(actor, selection)
        if action in _ELSEWHERE:
            return HttpResponseRedirect(_ELSEWHERE[action](selection), status=303)
        messages.success(request, _change_group(actor, request.POST, selection))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return _back_to_list(request)


@require_http_methods(["GET", "HEAD", "POST"])
def set_variable(request: HttpRequest) -> HttpResponse:
    """Set one variable in all organizations of the selection in the address, after showing what would change."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_VARIABLE_MANAGE)
    selection = selection_in(request.GET)
    typed = request.POST if request.method == "POST" else QueryDict()
    name, value = typed.get("name", "").strip(), typed.get("value", "").strip()
    context: dict[str, object] = {"name": name, "value": value, "names": variable_names(actor), "problem": ""}
    status = 200
    try:
        organizations = organizations_of_selection(actor, selection)
        context |= {"number": organizations.count(), "selection": selection_in_words(actor, selection)}
        if request.method == "POST":
            effect = effect_of(organizations, checked_name(name), checked_value(value))
            ids = sorted(organizations.values_list("pk", flat=True))
            seal = sha256(f"{[str(pk) for pk in ids]} {name}={value}".encode(errors="replace")).hexdigest()
            if typed.get("confirmed") == seal:
                settings = [Setting(pk, name, value) for pk in ids]
                changed = set_variables(actor=actor, settings=settings)
                messages.success(
                    request, f"{name} is set in {counted(len(settings), 'organization')}: {changed} changed."
                )
                return HttpResponseRedirect(
                    f"{reverse('tenants:organizations')}?{urlencode({'variable': name})}", status=303
                )
            context |= {"effect": effect, "seal": seal}
    except VariableRefused as refusal:
        context["problem"], status = str(refusal), 422
    except Refused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("tenants:organizations"), status=303)
    return render_page(request, "tenants/variables/set.html", context, status=status)


def _require_some(actor: Actor, selection: QueryDict) -> None:
    if not organizations_of_selection(actor, selection).exists():
        raise Refused("No organization is selected. Tick some first.")


_ELSEWHERE: dict[str, Callable[[QueryDict], str]] = {
    "run": lambda selection: f"{reverse('jobs:cmdlets')}?{selection.urlencode()}",
    "test": lambda selection: f"{reverse('jobs:connection-test')}?{selection.urlencode()}",
    "profile": lambda selection: f"{reverse('tenants:profile-assign')}?{selection.urlencode()}",
    "variable": lambda selection: f"{reverse('tenants:variable-set')}?{selection.urlencode()}",
}


def _change_group(actor: Actor, data: QueryDict, selection: QueryDict) -> str:
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    ids = list(organizations_of_selection(actor, selection).values_list("pk", flat=True))
    number = counted(len(ids), "selected organization")
    new = data.get("new_group", "").strip()
    if data.get("action") == "add" and new:
        group = create_organization_group(actor=actor, name=new, organization_ids=ids)
        return f"The organization group “{group.name}” was created with {counted(len(ids), 'organization')}."
    group = _group(actor, data.get("to_group", ""))
    if data.get("action") == "remove":
        removed = remove_from_organization_group(actor=actor, group=group, organization_ids=ids)
        return f"{removed:,} of {number} removed from “{group.name}”."
    added = add_to_organization_group(actor=actor, group=group, organization_ids=ids)
    return f"{added:,} of {number} added to “{group.name}”."


def _group(actor: Actor, text: str) -> OrganizationGroup:
    try:
        found = find_group(actor, UUID(text))
    except ValueError:
        found = None
    if found is None:
        raise Refused("Choose an organization group, or type the name of a new one.")
    return found.group


def _back_to_list(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("back", "")
    here = reverse("tenants:organizations")
    safe = back.startswith(here) and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if safe else here, status=303)
