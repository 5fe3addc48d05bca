"""Withdrawing a connection profile from a group or an organization."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.profiles.assignments import unassign_profile
from tenants.profiles.effects import effect_of_withdrawing
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ProfileAssignment
from tenants.profiles.selectors import find_assignment


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, assignment_id: UUID) -> HttpResponse:
    """Say what applies instead, and withdraw once that was confirmed."""
    actor = actor_of(request)
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    assignment = find_assignment(actor=actor, assignment_id=assignment_id)
    if assignment is None:
        raise Http404("This was withdrawn already.")
    back = _back(request, assignment)
    if request.method == "POST":
        try:
            unassign_profile(actor=actor, assignment_id=assignment_id)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"“{assignment.profile}” was withdrawn from {assignment.place}.")
        return HttpResponseRedirect(back, status=303)
    context = {
        "assignment": assignment,
        "place": assignment.place,
        "service": ProfileService(assignment.service).label,
        "effect": effect_of_withdrawing(actor, [assignment_id]),
        "back": back,
    }
    return render_page(request, "tenants/profiles/withdraw.html", context)


def _back(request: HttpRequest, assignment: ProfileAssignment) -> str:
    """Return the page that one came from, if it is ours; else the profile's."""
    wanted = request.POST.get("back") or request.GET.get("back", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("tenants:profile", args=[assignment.profile_id])
