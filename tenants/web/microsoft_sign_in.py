"""Signing in to Signalbox, or confirming that it is still the same person, with a Microsoft account."""

import time
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from portal.accounts.models import User
from portal.accounts.receivers import record_refused_provider_sign_in
from portal.accounts.web.proofs import destination, sign_in, step_up
from portal.core.refusals import Refused
from portal.core.text import readable_id
from tenants.sign_in_flows import portal
from tenants.sign_in_flows.interactive import LASTS_SECONDS
from tenants.sign_in_flows.refusals import SignInRefused

METHOD = "Microsoft"
_KEY = "microsoft"


@login_not_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a sign-in at a partner, or of the signed-in person anew; the next page leads to Microsoft."""
    again = isinstance(request.user, User)
    try:
        partner = (
            portal.partner_of(None, tenant_id=request.user.entra_tenant_id)
            if isinstance(request.user, User)
            else portal.partner_of(readable_id(request.POST.get("partner")))
        )
        flow = portal.begin(partner=partner, redirect_uri=_redirect_uri(request), again=again)
    except Refused as refusal:
        return _refused(request, refusal)
    request.session[_KEY] = {
        "flow": portal.kept(flow),
        "partner": str(partner.pk),
        "at": time.time(),
        "next": destination(request),
    }
    return HttpResponseRedirect(reverse("tenants:microsoft-onward"), status=303)


@login_not_required
@never_cache
@require_safe
def onward(request: HttpRequest) -> HttpResponse:
    """Send the browser on to Microsoft from a page of its own: a form may redirect to ourselves only."""
    kept = _kept(request)
    if kept is None:
        return HttpResponseRedirect(reverse("accounts:sign-in"), status=303)
    address = portal.found(kept["flow"])["auth_uri"]
    response = render(request, "tenants/sign_ins/onward_to_portal.html", {"address": address})
    response.headers["Refresh"] = f"0; url={address}"
    return response


@login_not_required
@never_cache
@require_GET
def answer(request: HttpRequest) -> HttpResponse:
    """Take Microsoft's answer, once, and begin the session of the person whom it names."""
    kept = _kept(request)
    request.session.pop(_KEY, None)
    try:
        if kept is None:
            raise SignInRefused("This sign-in was not begun in this browser, or too long ago", "Begin it again.")
        person = _person(request, kept)
    except Refused as refusal:
        record_refused_provider_sign_in(request, getattr(refusal, "reason", str(refusal)))
        return _refused(request, refusal)
    if request.user.is_authenticated:
        return step_up(request, method=METHOD, next_page=kept["next"])
    return sign_in(request, person, method=METHOD, next_page=kept["next"])


def _person(request: HttpRequest, kept: dict[str, Any]) -> User:
    partner = portal.partner_of(readable_id(kept["partner"]))
    since = datetime.fromtimestamp(kept["at"], UTC) if request.user.is_authenticated else None
    flow = portal.found(kept["flow"])
    person = portal.finish(partner=partner, flow=flow, answer=request.GET.dict(), since=since)
    if request.user.is_authenticated and request.user.pk != person.pk:
        raise SignInRefused(
            f"You confirmed as {person.display_name}, and are signed in as somebody else",
            "Confirm with your own account.",
        )
    return person


def _kept(request: HttpRequest) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = request.session.get(_KEY)
    return kept if kept and time.time() - kept["at"] < LASTS_SECONDS else None


def _redirect_uri(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("tenants:microsoft-answer"))


def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    context = {
        "title": getattr(refusal, "title", "Nobody was signed in"),
        "meaning": getattr(refusal, "meaning", ""),
        "fix": getattr(refusal, "fix", str(refusal)),
        "said": getattr(refusal, "said", ""),
    }
    return render(request, "tenants/sign_ins/portal_refused.html", context, status=409)
