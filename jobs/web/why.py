"""Why can I, why can't I?"""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jobs.authority.explaining import Explanation, explain
from portal.accounts.selectors import PersonUnknown, person_named
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor, ActorKind
from portal.core.authority import Grant
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.organizations.models import Organization
from tenants.organizations.names import organization_named


class WhyForm(forms.Form):
    """Who, what and where."""

    person = forms.CharField(label="Person", required=False, max_length=150, help_text="Sign-in name; empty means you.")
    cmdlet = forms.CharField(label="Cmdlet", max_length=100)
    parameters = forms.CharField(
        label="With the parameters", required=False, max_length=1000, help_text="Names, apart by spaces."
    )
    organization = forms.CharField(label="Organization", max_length=300, help_text="Domain, name or tenant id.")


@require_safe
def why(request: HttpRequest) -> HttpResponse:
    """Say who may have what carried out where, and which grant and rule decides; every answer has its address."""
    actor = actor_of(request)
    asked = "cmdlet" in request.GET or "organization" in request.GET
    form = WhyForm(request.GET if asked else None, initial={"person": request.GET.get("person", "")})
    if not actor.has(Permission.AUTHORITY_EXPLAIN):
        del form.fields["person"]
    context: dict[str, Any] = {"form": form, "asked": None, "who": ""}
    if asked and form.is_valid():
        try:
            who, grants = _person(actor, form.cleaned_data.get("person", ""))
        except PersonUnknown as refusal:
            form.add_error("person", str(refusal))
        else:
            context |= {"who": who, "asked": _explained(actor, grants, form.cleaned_data), "said": form.cleaned_data}
    return render_page(request, "jobs/why/detail.html", context)


def _person(actor: Actor, username: str) -> tuple[str, tuple[Grant, ...]]:
    """Return whom the question is about and what they hold; about others only for who may explain authority."""
    if not username or not actor.has(Permission.AUTHORITY_EXPLAIN):
        return "You", actor.grants
    person = person_named(username)
    is_self = actor.kind is ActorKind.PERSON and str(person.pk) == actor.id
    return ("You" if is_self else person.display_name), person.grants


def _explained(actor: Actor, grants: tuple[Grant, ...], said: dict[str, str]) -> Explanation:
    """Return the answer; an organization that the asker does not see is as one that there is not."""
    return explain(
        grants=grants,
        cmdlet=said["cmdlet"].strip(),
        parameters=said["parameters"].replace(",", " ").replace("-", " ").split(),
        organization=_organization(actor, said["organization"]),
    )


def _organization(actor: Actor, text: str) -> Organization | None:
    if not actor.has(Permission.ORGANIZATION_READ):
        return None
    try:
        return organization_named(actor, text)
    except Refused:
        return None
