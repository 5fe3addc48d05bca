"""Variables of organizations: set, removed, and read from a table."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.tables import LARGEST_FILE, read_table
from portal.core.templatetags.presentation import counted
from tenants.organizations.models import Organization
from tenants.organizations.selectors import find_organization
from tenants.variables.imports import read_variables
from tenants.variables.services import Setting, remove_variable, set_variables
from tenants.web.organization import organization_page

SHOWN = 200


@require_POST
def set_here(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Set a variable of one organization; a refused one shows the tab again with what was typed."""
    actor, organization = _managed(request, organization_id)
    name, value = request.POST.get("name", "").strip(), request.POST.get("value", "")
    try:
        changed = set_variables(actor=actor, settings=[Setting(organization.pk, name, value)])
    except Refused as refusal:
        typed = {"name": name, "value": value, "problem": str(refusal)}
        return organization_page(request, organization, "variables", typed=typed, status=422)
    messages.success(request, f"{name} is set." if changed else f"{name} has this value already.")
    return _to_tab(organization)


@require_POST
def remove_here(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Remove a variable of one organization; the message keeps the value, so that it can be set again."""
    actor, organization = _managed(request, organization_id)
    name, value = request.POST.get("name", ""), request.POST.get("value", "")
    if remove_variable(actor=actor, organization=organization, name=name):
        messages.success(request, f"{name} is removed. Its value was “{value}”.")
    else:
        messages.warning(request, f"There is no variable {name} here any more.")
    return _to_tab(organization)


@require_http_methods(["GET", "HEAD", "POST"])
def import_table(request: HttpRequest) -> HttpResponse:
    """Read variables from a table: first what would change, and only after a second yes the change itself."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_VARIABLE_MANAGE)
    if request.method != "POST":
        return _import_page(request, {})
    try:
        content = _content(request)
        table = read_variables(actor, read_table(content))
    except Refused as refusal:
        return _import_page(request, {"problem": str(refusal)}, status=422)
    if table.troubles:
        return _import_page(request, {"table": table}, status=422)
    if request.POST.get("confirmed") == table.fingerprint:
        changed = set_variables(actor=actor, settings=[change.setting for change in table.changes])
        messages.success(request, f"{counted(changed, 'value')} set from the table.")
        return HttpResponseRedirect(reverse("tenants:organizations"), status=303)
    text = "\n".join(",".join(_cell(cell) for cell in row.cells) for row in read_table(content).rows)
    return _import_page(request, {"table": table, "text": text, "seal": table.fingerprint})


def _content(request: HttpRequest) -> bytes:
    upload = request.FILES.get("file")
    if upload is None:
        text = request.POST.get("text", "")
        if not text.strip():
            raise Refused("Choose a file, or paste the table.")
        return text.encode("utf-8", "replace")
    content: bytes = upload.read(LARGEST_FILE + 1)
    return content


def _cell(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""'))


def _import_page(request: HttpRequest, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    shown = {"shown": SHOWN, "typed": request.POST.get("text", ""), **context}
    return render_page(request, "tenants/variables/import.html", shown, status=status)


def _managed(request: HttpRequest, organization_id: UUID) -> tuple[Actor, Organization]:
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_VARIABLE_MANAGE)
    organization = find_organization(actor, organization_id)
    if organization is None:
        raise Http404
    return actor, organization


def _to_tab(organization: Organization) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('tenants:organization', args=[organization.pk])}?tab=variables", status=303)
