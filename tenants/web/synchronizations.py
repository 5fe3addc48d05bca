"""Reading organizations in: starting it, and watching it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.partner.selectors import partners_with_sign_in
from tenants.sync.models import Synchronization
from tenants.sync.selectors import find_synchronization, is_open
from tenants.sync.services import start_synchronization


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Start to read the organizations of every partner."""
    actor = actor_of(request)
    actor.require(Permission.PARTNER_SYNCHRONIZE)
    partners = partners_with_sign_in()
    try:
        for partner in sorted(partners, key=lambda each: each.has_gdap):  # the newest is shown
            start_synchronization(actor=actor, partner=partner)
    except Refused as refusal:
        messages.error(request, str(refusal))
    if not partners:
        messages.warning(request, "No partner is connected yet. Connect one under App registrations.")
    return HttpResponseRedirect(reverse("tenants:organizations"), status=303)


@require_safe
def progress(request: HttpRequest, synchronization_id: UUID) -> HttpResponse:
    """Show how a synchronization goes on; polling stops once it has ended."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    synchronization = find_synchronization(synchronization_id)
    if synchronization is None:
        raise Http404
    response = render_page(
        request,
        "tenants/synchronizations/detail.html",
        panel_context(actor, synchronization),
        partials=("synchronization",),
    )
    if request.headers.get("HX-Request") and not is_open(synchronization):
        return HttpResponseStopPolling(response.content)
    return response


def panel_context(actor: Actor, synchronization: Synchronization | None) -> dict[str, Any]:
    """Return what the panel about a synchronization shows."""
    return {
        "synchronization": synchronization,
        "is_open": synchronization is not None and is_open(synchronization),
        "can_synchronize": actor.has(Permission.PARTNER_SYNCHRONIZE),
        "may_count": actor.has_everywhere(Permission.ORGANIZATION_READ),
    }
