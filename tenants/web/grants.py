"""Granting a role to a person, and revoking one."""

import re
from datetime import UTC, datetime, time
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from portal.accounts.grants.models import CustomRole, GrantKind
from portal.accounts.grants.selectors import custom_roles, find_grant, set_names
from portal.accounts.grants.services import GrantRefused, GrantRequest, grant_role, revoke_grant
from portal.accounts.models import User
from portal.accounts.policy import ROLES, Role
from portal.accounts.selectors import find_person
from portal.accounts.web.access import actor_of
from portal.accounts.web.grant_rows import grant_row
from portal.core.actors import Actor
from portal.core.authority import ScopeKind
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.grant_scopes import group_scopes, partner_scopes, scope_named

_BETWEEN = re.compile(r"[\s,;]+")
_RISKS = (("read", "Reads"), ("change", "Changes"), ("destructive", "Destructive"), ("session", "Session"))
_LISTS = ("cmdlets", "verbs", "parameters", "forbidden_parameters")
_NAMES = "Names, apart by spaces or commas."


class GrantForm(forms.Form):
    """What is granted: the role, where, until when, within which limits, and why."""

    role = forms.ChoiceField(label="Role")
    kind = forms.ChoiceField(
        label="How",
        choices=[
            (GrantKind.STANDING.value, "Holds it all the time"),
            (GrantKind.ELIGIBLE.value, "May elevate to it, for some hours and a reason"),
        ],
        initial=GrantKind.STANDING.value,
    )
    scope_kind = forms.ChoiceField(
        label="Over",
        choices=[
            (ScopeKind.EVERYTHING.value, "Everything"),
            (ScopeKind.PARTNER.value, "The organizations of one partner"),
            (ScopeKind.GROUP.value, "One organization group"),
            (ScopeKind.ORGANIZATION.value, "One organization"),
        ],
    )
    partner = forms.ChoiceField(label="Partner", required=False)
    group = forms.ChoiceField(
        label="Organization group", required=False, help_text="Who belongs to it is asked at every moment anew."
    )
    organization = forms.CharField(
        label="Organization", required=False, max_length=300, help_text="Its domain, tenant id or exact name."
    )
    until = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text="The end of this day in UTC; empty means until it is revoked.",
    )
    cmdlets = forms.CharField(label="Only these cmdlets", required=False, max_length=5000, help_text=_NAMES)
    named_sets = forms.MultipleChoiceField(
        label="Only cmdlets of these sets", required=False, widget=forms.CheckboxSelectMultiple
    )
    verbs = forms.CharField(
        label="Only cmdlets that begin with", required=False, max_length=500, help_text="Verbs, for instance: Get, Set"
    )
    risks = forms.MultipleChoiceField(
        label="Only of the risk", required=False, choices=_RISKS, widget=forms.CheckboxSelectMultiple
    )
    parameters = forms.CharField(label="Only with the parameters", required=False, max_length=5000, help_text=_NAMES)
    forbidden_parameters = forms.CharField(
        label="Never with the parameters", required=False, max_length=5000, help_text=_NAMES
    )
    spares_partners_own = forms.BooleanField(label="Never in the partner's own organization", required=False)
    reason = forms.CharField(label="Reason", max_length=500, help_text="It stands in the audit trail.")
    ticket = forms.CharField(label="Ticket", max_length=100, required=False)

    LIMITS = ("cmdlets", "named_sets", "verbs", "risks", "parameters", "forbidden_parameters", "spares_partners_own")

    def __init__(self, actor: Actor, data: Any = None) -> None:
        super().__init__(data)
        self._actor = actor
        self._custom = {f"custom:{role.pk}": role for role in custom_roles()}
        own = [(role.value, f"{role.label}: {ROLES[role].purpose}") for role in Role]
        self._choose("role", [*own, *((key, role.name) for key, role in self._custom.items())])
        self._choose("partner", [("", "Choose"), *partner_scopes(actor)])
        self._choose("group", [("", "Choose"), *group_scopes(actor)])
        self._choose("named_sets", [(str(pk), name) for pk, name in set_names().items()])

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """The fields that every grant needs."""
        return [self[name] for name in self.fields if name not in self.LIMITS]

    @property
    def limit_fields(self) -> list[forms.BoundField]:
        """The fields that narrow it."""
        return [self[name] for name in self.LIMITS]

    def request(self) -> GrantRequest:
        """Return what the form means; raises `Refused` for a scope that there is not."""
        said = self.cleaned_data
        kind = ScopeKind(said["scope_kind"])
        scope: dict[str, Any] = {"scope_kind": kind}
        if kind is not ScopeKind.EVERYTHING:
            scope["scope_id"], scope["scope_name"] = scope_named(self._actor, kind, said[kind.value])
        role: Role | CustomRole = self._custom.get(said["role"]) or Role(said["role"])
        until = datetime.combine(said["until"], time.max, UTC) if said["until"] else None
        return GrantRequest(
            role,
            kind=GrantKind(said["kind"]),
            limits=self._limits(),
            until=until,
            reason=said["reason"],
            ticket=said["ticket"],
            **scope,
        )

    def _limits(self) -> dict[str, Any]:
        said = self.cleaned_data
        limits: dict[str, Any] = {name: list(filter(None, _BETWEEN.split(said[name]))) for name in _LISTS if said[name]}
        if said["named_sets"]:
            limits["named_sets"] = list(map(int, said["named_sets"]))
        if said["risks"]:
            limits["risks"] = said["risks"]
        return limits | ({"spares_partners_own": True} if said["spares_partners_own"] else {})

    def _choose(self, name: str, choices: Any) -> None:
        cast("forms.ChoiceField", self.fields[name]).choices = choices


@require_http_methods(["GET", "HEAD", "POST"])
def grant_new(request: HttpRequest, person_id: int) -> HttpResponse:
    """Grant a role to a person."""
    actor = actor_of(request)
    actor.require_everywhere(Permission.GRANT_MANAGE)
    actor.require_step_up()
    person = _person(actor, person_id)
    form = GrantForm(actor, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            grant = grant_role(actor=actor, person=person, request=form.request())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            row = grant_row(grant, set_names(), timezone.now())
            limits = f"; {'; '.join(row.limits)}" if row.limits else ""
            messages.success(request, f"{person.display_name} {row.how} {grant.role_name} over {row.where}{limits}.")
            return _to_person(person.pk)
    context = {"form": form, "person": person}
    return render_page(request, "tenants/grants/form.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def grant_revoke(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Take a role away, after saying what that means."""
    actor = actor_of(request)
    actor.require_everywhere(Permission.GRANT_MANAGE)
    actor.require_step_up()
    grant = find_grant(grant_id)
    if grant is None:
        raise Http404("There is no such grant.")
    if request.method == "POST":
        try:
            revoke_grant(actor=actor, grant_id=grant.pk, reason=request.POST.get("reason", ""))
        except GrantRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{grant.user.display_name} does not hold {grant.role_name} any more.")
        return _to_person(grant.user_id)
    context = {"row": grant_row(grant, set_names(), timezone.now()), "person": grant.user}
    return render_page(request, "tenants/grants/revoke.html", context)


def _person(actor: Actor, person_id: int) -> User:
    person = find_person(actor=actor, person_id=person_id)
    if person is None:
        raise Http404("There is no such person.")
    return person


def _to_person(person_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("accounts:person", args=[person_id]), status=303)
