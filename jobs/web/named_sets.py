"""Named sets of cmdlets, to which grants can be limited."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from jobs.catalogue.cmdlets import UnknownCmdlet, find
from portal.accounts.grants.definitions import delete_named_set, save_named_set
from portal.accounts.grants.models import NamedSet
from portal.accounts.grants.selectors import named_sets
from portal.accounts.grants.services import GrantRefused
from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import Permission

_BETWEEN = re.compile(r"[\s,;]+")


class NamedSetForm(forms.Form):
    """A name and cmdlets of the catalogue."""

    name = forms.CharField(label="Name", max_length=100, help_text="For instance “Mail flow read”.")
    cmdlets = forms.CharField(
        label="Cmdlets",
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 8}),
        help_text="Names, apart by spaces, commas or lines. An empty set allows nothing.",
    )

    def clean_cmdlets(self) -> list[str]:
        """Return the names as the catalogue spells them; an unknown one is refused with the nearest."""
        names, problems = [], []
        for typed in filter(None, _BETWEEN.split(self.cleaned_data["cmdlets"])):
            try:
                names.append(find(typed).name)
            except UnknownCmdlet as unknown:
                near = f" Did you mean {unknown.nearest[0]}?" if unknown.nearest else ""
                problems.append(f"There is no cmdlet “{typed}”.{near}")
        if problems:
            raise ValidationError(problems)
        return names


@require_safe
def named_set_list(request: HttpRequest) -> HttpResponse:
    """Show every named set."""
    actor = actor_of(request)
    actor.require(Permission.PERSON_READ)
    context = {"sets": named_sets(), "may_manage": actor.has(Permission.NAMED_SET_MANAGE)}
    return render_page(request, "jobs/named_sets/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def named_set_new(request: HttpRequest) -> HttpResponse:
    """Create a named set."""
    return _form_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def named_set_change(request: HttpRequest, set_id: int) -> HttpResponse:
    """Change a named set: grants that are limited to it follow at once."""
    return _form_page(request, _found(request, set_id))


@require_http_methods(["GET", "HEAD", "POST"])
def named_set_delete(request: HttpRequest, set_id: int) -> HttpResponse:
    """Delete a named set, after a question."""
    named_set = _found(request, set_id)
    if request.method == "POST":
        try:
            delete_named_set(actor=actor_of(request), set_id=named_set.pk)
        except GrantRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"The set “{named_set.name}” is deleted.")
        return HttpResponseRedirect(reverse("jobs:named-sets"), status=303)
    return render_page(request, "jobs/named_sets/delete.html", {"set": named_set})


def _form_page(request: HttpRequest, named_set: NamedSet | None) -> HttpResponse:
    actor = actor_of(request)
    actor.require_everywhere(Permission.NAMED_SET_MANAGE)
    actor.require_step_up()
    form = NamedSetForm(request.POST if request.method == "POST" else None, initial=_initial(named_set))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            saved = save_named_set(
                actor=actor, name=said["name"], cmdlets=said["cmdlets"], set_id=named_set.pk if named_set else None
            )
        except GrantRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"The set “{saved.name}” is saved. Grants that are limited to it follow at once.")
            return HttpResponseRedirect(reverse("jobs:named-sets"), status=303)
    context = {"form": form, "set": named_set}
    return render_page(request, "jobs/named_sets/form.html", context, status=422 if request.method == "POST" else 200)


def _found(request: HttpRequest, set_id: int) -> NamedSet:
    actor_of(request).require_everywhere(Permission.NAMED_SET_MANAGE)
    named_set = next((each for each in named_sets() if each.pk == set_id), None)
    if named_set is None:
        raise Http404("There is no such set.")
    return named_set


def _initial(named_set: NamedSet | None) -> dict[str, Any]:
    return {"name": named_set.name, "cmdlets": "\n".join(named_set.cmdlets)} if named_set else {}
