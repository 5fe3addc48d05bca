"""Finishing a sign-in: on the way to Microsoft and back, and waiting for a device code."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.refusals import Refused
from tenants.profiles.methods import Method
from tenants.sign_in_flows.endings import finish_interactive, poll_device
from tenants.sign_in_flows.selectors import address_of, device_code_of
from tenants.sign_ins.models import PendingSignIn
from tenants.sign_ins.pending import pending_of
from tenants.web.sign_in_parts import begin_url, go, refused, session_of

PARTIAL = "device-progress"


@require_safe
def onward(request: HttpRequest) -> HttpResponse:
    """Send the browser on to Microsoft, from a page of its own.

    A form that redirected there itself would be stopped by its `form-action` policy.
    """
    pending = _pending_here(request, actor_of(request))
    if pending is None or pending.ask_every:
        return _nothing(request)
    address = address_of(pending)
    answer = render_page(request, "tenants/sign_ins/onward.html", {"pending": pending, "address": address})
    answer.headers["Refresh"] = f"0; url={address}"
    return answer


@never_cache
@require_GET
def answer(request: HttpRequest) -> HttpResponse:
    """Take Microsoft's answer out of the address, and go back to where the person came from."""
    actor = actor_of(request)
    again = begin_url(pending_of(actor=actor))
    try:
        finished = finish_interactive(actor=actor, session=session_of(request), answer=request.GET.dict())
    except Refused as refusal:
        return refused(request, refusal, again=again)
    _say_finished(request, finished)
    return go(finished.back)


@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Show the device code and wait; a POST looks whether it was entered."""
    actor = actor_of(request)
    pending = _pending_here(request, actor)
    if pending is None or pending.method != Method.DEVICE:
        return _leave(request, reverse("tenants:sign-ins")) if request.method == "POST" else _nothing(request)
    refusal = None
    if request.method == "POST":
        try:
            finished = poll_device(actor=actor, session=session_of(request))
        except Refused as caught:
            refusal, finished = caught, None
        if finished is not None:
            _say_finished(request, finished)
            return _leave(request, finished.back or reverse("tenants:sign-ins"))
    context = {
        "pending": pending,
        "code": None if refusal else device_code_of(pending),
        "looked": request.method == "POST",
        "refusal": refusal,
        "again": begin_url(pending),
    }
    page = "tenants/sign_ins/device.html"
    return render_page(request, page, context, partials=(PARTIAL,), status=422 if refusal else 200)


def _pending_here(request: HttpRequest, actor: Actor) -> PendingSignIn | None:
    pending = pending_of(actor=actor)
    return pending if pending is not None and pending.session == session_of(request).hash else None


def _nothing(request: HttpRequest) -> HttpResponse:
    messages.info(request, "No sign-in is under way here: it was finished or cancelled, or its time was over.")
    return go("")


def _say_finished(request: HttpRequest, finished: PendingSignIn) -> None:
    if finished.partner_id is not None:
        messages.success(request, f"The partner sign-in of {finished.tenant_name} is stored.")
    else:
        messages.success(request, f"You are signed in at {finished.tenant_name}, until you sign out of Signalbox.")


def _leave(request: HttpRequest, address: str) -> HttpResponse:
    """Leave the page also when a script asked."""
    return HttpResponseClientRedirect(address) if request.htmx else go(address)  # type: ignore[attr-defined]  # as above
