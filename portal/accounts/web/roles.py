"""Roles and named sets: what does each permit, and who holds it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.grants.definitions import delete_custom_role, save_custom_role
from portal.accounts.grants.models import CustomRole
from portal.accounts.grants.selectors import custom_roles, holders_by_role
from portal.accounts.grants.services import GrantRefused
from portal.accounts.policy import ROLES, Role
from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import DECIDED_PER_PLACE, Permission


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role: its permissions in words, what it is for, how many hold it; `pk` of a custom one."""

    name: str
    purpose: str
    permissions: Sequence[str]
    holders: int
    key: str = ""
    pk: int | None = None


class RoleForm(forms.Form):
    """A role of this installation's own."""

    name = forms.CharField(label="Name", max_length=100)
    purpose = forms.CharField(label="What it is for", max_length=300, required=False)
    permissions = forms.MultipleChoiceField(
        label="Permissions",
        choices=[(each.value, each.value) for each in Permission],
        widget=forms.CheckboxSelectMultiple,
        help_text="As area:resource:action. Over a part of the organizations, only some can be held: "
        + ", ".join(sorted(each.value for each in DECIDED_PER_PLACE)),
    )


@require_safe
def role_list(request: HttpRequest) -> HttpResponse:
    """Show every role."""
    actor = actor_of(request)
    actor.require(Permission.PERSON_READ)
    holders = holders_by_role()
    own = [
        RoleRow(str(Role(key).label), facts.purpose, _words(facts.permissions), holders.get(key, 0), key=key)
        for key, facts in ROLES.items()
    ]
    custom = [
        RoleRow(role.name, role.purpose, role.permissions, holders.get(f"custom:{role.pk}", 0), pk=role.pk)
        for role in custom_roles()
    ]
    context = {"roles": [*own, *custom], "may_manage": actor.has(Permission.ROLE_MANAGE)}
    return render_page(request, "accounts/roles/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def role_new(request: HttpRequest) -> HttpResponse:
    """Create a role."""
    return _form_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def role_change(request: HttpRequest, role_id: int) -> HttpResponse:
    """Change a custom role."""
    return _form_page(request, _found(request, role_id))


@require_http_methods(["GET", "HEAD", "POST"])
def role_delete(request: HttpRequest, role_id: int) -> HttpResponse:
    """Delete a custom role that nobody was ever granted."""
    role = _found(request, role_id)
    if request.method == "POST":
        try:
            delete_custom_role(actor=actor_of(request), role_id=role.pk)
        except GrantRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"The role “{role.name}” is deleted.")
        return HttpResponseRedirect(reverse("accounts:roles"), status=303)
    return render_page(request, "accounts/roles/delete.html", {"role": role})


def _form_page(request: HttpRequest, role: CustomRole | None) -> HttpResponse:
    actor = actor_of(request)
    actor.require_everywhere(Permission.ROLE_MANAGE)
    actor.require_step_up()
    form = RoleForm(request.POST if request.method == "POST" else None, initial=_initial(role))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            saved = save_custom_role(
                actor=actor,
                name=said["name"],
                purpose=said["purpose"],
                permissions=map(Permission, said["permissions"]),
                role_id=role.pk if role else None,
            )
        except GrantRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The role “{saved.name}” is saved. Whoever holds it holds this from now on.")
            return HttpResponseRedirect(reverse("accounts:roles"), status=303)
    context = {"form": form, "role": role}
    return render_page(request, "accounts/roles/form.html", context, status=422 if request.method == "POST" else 200)


def _found(request: HttpRequest, role_id: int) -> CustomRole:
    actor_of(request).require_everywhere(Permission.ROLE_MANAGE)
    role = next((each for each in custom_roles() if each.pk == role_id), None)
    if role is None:
        raise Http404("There is no such role.")
    return role


def _initial(role: CustomRole | None) -> dict[str, Any]:
    return {"name": role.name, "purpose": role.purpose, "permissions": role.permissions} if role else {}


def _words(permissions: frozenset[Permission]) -> list[str]:
    return sorted(each.value for each in permissions)
