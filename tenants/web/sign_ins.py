"""My sign-ins: with which of my own Microsoft accounts I am signed in, and signing out of them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from tenants.profiles.methods import Method
from tenants.sign_in_flows.selectors import personal_profiles
from tenants.sign_ins.pending import cancel_pending, pending_of
from tenants.sign_ins.selectors import sign_ins_of
from tenants.sign_ins.services import SignInUnknown, end_sign_in
from tenants.web.sign_in_parts import begin_url, go, launcher, session_of


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the accounts that are signed in, what is under way, and what can be signed in to."""
    actor = launcher(request)
    pending = pending_of(actor=actor)
    context = {
        "sign_ins": [(sign_in, Method(sign_in.method).label) for sign_in in sign_ins_of(actor=actor)],
        "pending": pending,
        "pending_is_here": pending is not None and pending.session == session_of(request).hash,
        "profiles": personal_profiles(actor),
        "can_manage": actor.has(Permission.CONNECTION_PROFILE_MANAGE),
    }
    return render_page(request, "tenants/sign_ins/list.html", context)


@require_POST
def end(request: HttpRequest, sign_in_id: UUID) -> HttpResponse:
    """Sign out of one account."""
    try:
        ended = end_sign_in(actor=launcher(request), sign_in_id=sign_in_id)
    except SignInUnknown as unknown:
        messages.info(request, str(unknown))
    else:
        messages.success(request, f"You are signed out of {ended}. No further cmdlet starts with it.")
    return go("")


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """Cancel the sign-in under way."""
    pending = cancel_pending(actor=actor_of(request))
    if pending is not None:
        messages.info(request, f"The sign-in at {pending.tenant_name} is cancelled.")
    return go("" if pending is None or pending.partner_id is None else begin_url(pending))
