"""Approval policies: what must be approved, and by how many?"""

import re
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from jobs.approvals.models import ApprovalPolicy
from jobs.approvals.policies import (
    RISKS,
    PolicyRefused,
    PolicyRequest,
    delete_policy,
    find_policy,
    policies,
    save_policy,
)
from jobs.runs.choices import group_choices
from jobs.web.words import RISKS as RISK_WORDS
from jobs.web.words import counted
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission

_DOES = {"read": "reads", "change": "changes", "destructive": "destroys"}
_BETWEEN_NAMES = re.compile(r"[\s,;]+")


class PolicyForm(forms.Form):
    """When runs must be approved, and by how many others."""

    APPROVERS: ClassVar = ((1, "One other person"), (2, "Two other people"))

    name = forms.CharField(max_length=100, label="Name", help_text="It stands on the page of each run that it meets.")
    risks = forms.MultipleChoiceField(
        label="Risk",
        required=False,
        choices=[(risk, RISK_WORDS[risk]) for risk in RISKS],
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked means any.",
    )
    cmdlets = forms.CharField(
        label="Cmdlets",
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Names, apart by spaces, commas or lines. Empty means any.",
    )
    over_organizations = forms.IntegerField(
        label="In more organizations than", required=False, min_value=0, help_text="Empty means in any number."
    )
    group = forms.ChoiceField(
        label="Touches an organization of", required=False, help_text="Who belongs is decided at the launch."
    )
    approvers = forms.TypedChoiceField(label="Approved by", coerce=int, choices=APPROVERS, initial=1)
    is_on = forms.BooleanField(label="In force", required=False, initial=True)

    def __init__(self, actor: Actor, data: Any = None, *, policy: ApprovalPolicy | None = None) -> None:
        super().__init__(data, initial=_initial(policy) if policy else None)
        groups = [(str(group.id), group.name) for group in group_choices(actor=actor)]
        if policy and policy.group_id and str(policy.group_id) not in dict(groups):
            groups.append((str(policy.group_id), policy.group_name))
        cast("forms.ChoiceField", self.fields["group"]).choices = [("", "Any organization"), *groups]

    def request(self) -> PolicyRequest:
        """Return what the form says."""
        said = self.cleaned_data
        return PolicyRequest(
            name=said["name"],
            is_on=said["is_on"],
            risks=said["risks"],
            cmdlets=[name for name in _BETWEEN_NAMES.split(said["cmdlets"]) if name],
            over_organizations=said["over_organizations"],
            group_id=said["group"] or None,
            approvers=said["approvers"],
        )


@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """Show every policy in words."""
    actor = actor_of(request)
    if not actor.has(Permission.APPROVAL_POLICY_MANAGE):
        actor.require(Permission.RUN_READ)
    context = {
        "policies": [(policy, in_words(policy)) for policy in policies()],
        "may_manage": actor.has(Permission.APPROVAL_POLICY_MANAGE),
        "may_read_runs": actor.has(Permission.RUN_READ),
    }
    return render_page(request, "jobs/approval_policies/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def policy_new(request: HttpRequest) -> HttpResponse:
    """Add a policy."""
    return _form_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def policy_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Change a policy."""
    return _form_page(request, _found(request, reference))


@require_http_methods(["GET", "HEAD", "POST"])
def policy_delete(request: HttpRequest, reference: str) -> HttpResponse:
    """Delete a policy, after a question."""
    policy = _found(request, reference)
    if request.method == "POST":
        try:
            delete_policy(actor=actor_of(request), reference=reference)
        except PolicyRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"The policy “{policy.name}” is deleted.")
        return HttpResponseRedirect(reverse("jobs:approval-policies"), status=303)
    return render_page(request, "jobs/approval_policies/delete.html", {"policy": policy, "sentence": in_words(policy)})


def in_words(policy: ApprovalPolicy) -> str:
    """Return what a policy asks for, as a sentence."""
    parts = [" or ".join(policy.cmdlets) or "Whatever"]
    if policy.risks:
        parts.append(" or ".join(_DOES[risk] for risk in policy.risks))
    if policy.over_organizations is not None:
        parts.append(f"in more than {counted(policy.over_organizations, 'organization')}")
    if policy.group_id:
        parts.append(f"in an organization of “{policy.group_name}”")
    by = "one other person" if policy.approvers == 1 else "two other people"
    return f"{' '.join(parts)}: approved by {by} first."


def _form_page(request: HttpRequest, policy: ApprovalPolicy | None) -> HttpResponse:
    actor = actor_of(request)
    actor.require_everywhere(Permission.APPROVAL_POLICY_MANAGE)
    form = PolicyForm(actor, request.POST if request.method == "POST" else None, policy=policy)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_policy(actor=actor, request=form.request(), reference=_reference(policy))
        except PolicyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The policy “{saved.name}” is saved. It holds for what is launched from now on.")
            return HttpResponseRedirect(reverse("jobs:approval-policies"), status=303)
    context = {"form": form, "policy": policy, "may_delete": policy is not None and not policy.key}
    return render_page(
        request, "jobs/approval_policies/form.html", context, status=422 if request.method == "POST" else 200
    )


def _found(request: HttpRequest, reference: str) -> ApprovalPolicy:
    actor_of(request).require_everywhere(Permission.APPROVAL_POLICY_MANAGE)
    policy = find_policy(reference)
    if policy is None:
        raise Http404("There is no such policy: it was deleted.")
    return policy


def _reference(policy: ApprovalPolicy | None) -> str:
    return (policy.key or str(policy.pk)) if policy else ""


def _initial(policy: ApprovalPolicy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "risks": policy.risks,
        "cmdlets": "\n".join(policy.cmdlets),
        "over_organizations": policy.over_organizations,
        "group": str(policy.group_id or ""),
        "approvers": policy.approvers,
        "is_on": policy.is_on,
    }
