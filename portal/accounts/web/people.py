"""People: who can sign in, what may they do, and since when?"""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.factors.services import FactorRefused, issue_enrolment_code
from portal.accounts.grants.selectors import grants_of_person, set_names
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.selectors import PEOPLE_SORTS, find_person, latest_events_by, people_page
from portal.accounts.services import (
    EntraIdentity,
    create_person,
    disable_person,
    enable_person,
    link_identity,
)
from portal.accounts.web.access import actor_of
from portal.accounts.web.grant_rows import grant_row
from portal.core.actors import Actor
from portal.core.filters import Sorted, choice_field, text_field
from portal.core.htmx import render_page
from portal.core.pagination import lost_place
from portal.core.permissions import Permission
from portal.core.refusals import Refused

EVENTS_SHOWN = 10
STATES = {"active": "may sign in", "disabled": "disabled"}


class PeopleFilterForm(Sorted):
    """Which people are wanted."""

    SORTS, FIRST = PEOPLE_SORTS, "name"
    q = text_field("Name", search=True)
    role = choice_field("Role", Role.choices)
    state = choice_field("Account", STATES.items())

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        said = {"q": f"“{value}”", "role": f"role {Role(value).label}" if name == "role" else ""}
        return said.get(name) or STATES[value]


class IdentityForm(forms.Form):
    """An account at Microsoft."""

    tenant_id = forms.UUIDField(label="Entra tenant id", required=False)
    object_id = forms.UUIDField(
        label="Entra object id", required=False, help_text="Of the person's account, as Entra shows it under Users."
    )

    def clean(self) -> dict[str, Any]:
        """Refuse one without the other."""
        said: dict[str, Any] = super().clean() or {}
        if bool(said.get("tenant_id")) != bool(said.get("object_id")) and not self.errors:
            raise ValidationError("Give tenant id and object id, or neither.")
        return said

    @property
    def identity(self) -> EntraIdentity | None:
        """The account that was given, if any."""
        said = self.cleaned_data
        return EntraIdentity(said["tenant_id"], said["object_id"]) if said["object_id"] else None


class PersonForm(IdentityForm):
    """A new person."""

    display_name = forms.CharField(label="Name", max_length=200)
    username = forms.CharField(label="Sign-in name", max_length=150)
    email = forms.EmailField(label="E-mail", required=False, help_text="For notices of runs that wait for approval.")
    password = forms.CharField(
        label="Password",
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="Only for an account that does not sign in with Microsoft: 15 characters or more.",
    )
    field_order = ("display_name", "username", "email", "tenant_id", "object_id", "password")


@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """Show everybody who can, or could, sign in."""
    actor = actor_of(request)
    actor.require(Permission.PERSON_READ)
    form, cursor = PeopleFilterForm(request.GET), request.GET.get("cursor", "")
    chosen = form.chosen()
    page = people_page(
        actor=actor,
        text=chosen.get("q", ""),
        role=chosen.get("role", ""),
        state=chosen.get("state", ""),
        order=form.order,
        cursor=cursor,
    )
    context = {
        "form": form,
        "page": page,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "may_manage": actor.has(Permission.PERSON_MANAGE),
        "may_see_roles": actor.has(Permission.PERSON_READ),
    }
    return render_page(request, "accounts/people/list.html", context)


@require_safe
def person_detail(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show one person: account, roles now and before, what they did last."""
    actor = actor_of(request)
    person = person_or_404(actor, person_id)
    names, now = set_names(), timezone.now()
    rows = [grant_row(grant, names, now) for grant in grants_of_person(person.pk)]
    context = {
        "person": person,
        "held": [row for row in rows if row.holds],
        "ended": [row for row in rows if not row.holds],
        "factors": person.factors.count(),
        "sessions": person.sessions.count(),
        "events": latest_events_by(actor=actor, person=person, number=EVENTS_SHOWN),
        "may_manage": actor.has(Permission.PERSON_MANAGE) and str(person.pk) != actor.id,
        "may_grant": actor.has(Permission.GRANT_MANAGE) and str(person.pk) != actor.id,
        "is_self": str(person.pk) == actor.id,
    }
    return render_page(request, "accounts/people/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """Create a person."""
    actor = actor_of(request)
    actor.require_everywhere(Permission.PERSON_MANAGE)
    actor.require_step_up()
    form = PersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            person = create_person(
                actor=actor,
                username=said["username"],
                display_name=said["display_name"],
                password=said["password"],
                identity=form.identity,
                email=said["email"],
            )
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{person.display_name} is created. Grant a role next.")
            return to_person(person.pk)
    return _form_page(request, form, "New person", "Create the person", reverse("accounts:people"))


@require_http_methods(["GET", "HEAD", "POST"])
def person_identity(request: HttpRequest, person_id: int) -> HttpResponse:
    """Change with which Microsoft account a person signs in."""
    actor = actor_of(request)
    actor.require_everywhere(Permission.PERSON_MANAGE)
    actor.require_step_up()
    person = person_or_404(actor, person_id)
    now = {"tenant_id": person.entra_tenant_id, "object_id": person.entra_object_id}
    form = IdentityForm(request.POST if request.method == "POST" else None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            link_identity(actor=actor, person_id=person.pk, identity=form.identity)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Saved: with which Microsoft account {person.display_name} signs in.")
            return to_person(person.pk)
    title = f"Microsoft account of {person.display_name}"
    return _form_page(request, form, title, "Save", reverse("accounts:person", args=[person.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def person_disable(request: HttpRequest, person_id: int) -> HttpResponse:
    """Disable a person, after saying what ends."""
    actor = actor_of(request)
    actor.require_everywhere(Permission.PERSON_MANAGE)
    actor.require_step_up()
    person = person_or_404(actor, person_id)
    if request.method == "POST":
        try:
            disable_person(actor=actor, person_id=person.pk, reason=request.POST.get("reason", ""))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{person.display_name} is disabled; what went on in their name is ended.")
        return to_person(person.pk)
    return render_page(request, "accounts/people/disable.html", {"person": person, "sessions": person.sessions.count()})


@require_POST
def person_enable(request: HttpRequest, person_id: int) -> HttpResponse:
    """Let a person in again."""
    actor = actor_of(request)
    actor.require_everywhere(Permission.PERSON_MANAGE)
    person = person_or_404(actor, person_id)
    try:
        enable_person(actor=actor, person_id=person.pk)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{person.display_name} may sign in again, with the roles that were not revoked.")
    return to_person(person.pk)


@never_cache
@require_POST
def person_enrolment_code(request: HttpRequest, person_id: int) -> HttpResponse:
    """Issue an enrolment code, and show it once."""
    actor = actor_of(request)
    actor.require_everywhere(Permission.PERSON_MANAGE)
    person = person_or_404(actor, person_id)
    try:
        code = issue_enrolment_code(actor=actor, person=person)
    except FactorRefused as refusal:
        messages.error(request, str(refusal))
        return to_person(person.pk)
    return render_page(request, "accounts/people/enrolment_code.html", {"person": person, "code": code})


def person_or_404(actor: Actor, person_id: int) -> User:
    """Return a person for a page; answers 403 without the right to read about people, 404 for nobody."""
    person = find_person(actor=actor, person_id=person_id)
    if person is None:
        raise Http404("There is no such person.")
    return person


def to_person(person_id: int) -> HttpResponse:
    """Lead to a person's page."""
    return HttpResponseRedirect(reverse("accounts:person", args=[person_id]), status=303)


def _form_page(request: HttpRequest, form: forms.Form, title: str, verb: str, back: str) -> HttpResponse:
    context = {"form": form, "title": title, "verb": verb, "back": back}
    return render_page(request, "accounts/people/form.html", context, status=422 if request.method == "POST" else 200)
