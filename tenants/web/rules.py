"""The rule builder: who shall belong to an organization group, with its members before one's eyes."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.templatetags.presentation import counted
from tenants.groups.models import OrganizationGroup
from tenants.groups.rules import Rule
from tenants.groups.scope import Scope
from tenants.groups.selectors import GroupView, fitting
from tenants.groups.services import change_rule, create_organization_group
from tenants.selection.filters import OrganizationFilter
from tenants.selection.rules import as_rule
from tenants.web.groups import group_or_404
from tenants.web.rule_form import RuleForm

PARTIALS = ("rule-builder", "rule-preview")


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a group by rule; the filter of the organizations list in the address becomes its first conditions."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    if request.method == "POST":
        return _typed(request, None)
    scope = Scope.of(actor)
    wanted = OrganizationFilter.read(scope, request.GET)
    rule = as_rule(wanted)
    if wanted and rule is None:
        messages.warning(
            request,
            "This filter mixes “or” with “and”, or names a profile, which a rule cannot. Write conditions here.",
        )
    return _page(request, RuleForm.of_rule(scope, rule) if rule else RuleForm(scope), None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Change the rule of a group."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_GROUP_MANAGE)
    view = group_or_404(actor, group_id)
    if view.group.rule is None:
        messages.warning(request, f"“{view.name}” is picked by hand and has no rule.")
        return HttpResponseRedirect(reverse("tenants:group", args=[view.pk]), status=303)
    if request.method == "POST":
        return _typed(request, view)
    return _page(request, RuleForm.of_rule(Scope.of(actor), Rule.stored(view.group.rule), view.name), view)


def _typed(request: HttpRequest, view: GroupView | None) -> HttpResponse:
    form = RuleForm.read(Scope.of(actor_of(request)), request.POST)
    if "look" in request.POST:
        return _page(request, form, view)
    rule = form.rule()
    if rule is None:
        return _page(request, form, view, status=422)
    try:
        group = _save(request, form, rule, view)
    except Refused as refusal:
        form.name_problem = str(refusal)
        return _page(request, form, view, status=422)
    return HttpResponseRedirect(reverse("tenants:group", args=[group.pk]), status=303)


def _save(request: HttpRequest, form: RuleForm, rule: Rule, view: GroupView | None) -> OrganizationGroup:
    actor = actor_of(request)
    if view is None:
        group = create_organization_group(actor=actor, name=form.name, rule=rule)
        messages.success(request, f"The organization group “{group.name}” was created.")
        return group
    change_rule(actor=actor, group=view.group, rule=rule)
    messages.success(request, f"The rule of “{view.name}” was changed.")
    return view.group


def _page(request: HttpRequest, form: RuleForm, view: GroupView | None, *, status: int = 200) -> HttpResponse:
    rule = form.rule()
    if status == 200:
        form.keep_problems_of_what_is_filled_in()
    found = fitting(actor_of(request), rule) if rule else None
    context = {
        "form": form,
        "group": view,
        "found": found,
        "number": counted(found.number, "organization") if found else "",
    }
    return render_page(request, "tenants/groups/rule.html", context, partials=PARTIALS, status=status)
