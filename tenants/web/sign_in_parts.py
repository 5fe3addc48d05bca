"""What the pages about sign-ins share: the session, the way back, the page of a refusal."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.sign_ins.models import PendingSignIn
from tenants.sign_ins.sessions import PortalSession

LONGEST_ADDRESS = 2000


def launcher(request: HttpRequest) -> Actor:
    """Return the actor, who must be one that launches runs: signing in as oneself is for nothing else."""
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    return actor


def session_of(request: HttpRequest) -> PortalSession:
    """Return the session of the person behind `request`; it is stored anew, so that it lasts as long as it says."""
    request.session.modified = True
    return PortalSession(str(request.session.session_key), request.session.get_expiry_date())


def redirect_uri(request: HttpRequest) -> str:
    """Return where Microsoft sends its answer: an address that the app registration must name."""
    return request.build_absolute_uri(reverse("tenants:sign-in-answer"))


def way_back(wanted: str) -> str:
    """Return a local address to go on to, empty for any other."""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours and len(wanted) <= LONGEST_ADDRESS else ""


def go(address: str) -> HttpResponseRedirect:
    """Go on to an address, or to the person's sign-ins."""
    return HttpResponseRedirect(address or reverse("tenants:sign-ins"), status=303)


def begin_url(pending: PendingSignIn | None) -> str:
    """Return where the same sign-in begins again."""
    if pending is None:
        return reverse("tenants:sign-ins")
    if pending.partner_id is not None:
        return reverse("tenants:partner-sign-in", args=[pending.partner_id])
    query = {"organization": str(pending.organization_id)} if pending.organization_id else {}
    path = reverse("tenants:sign-in-begin", args=[pending.profile_id])
    return f"{path}?{urlencode({**query, 'next': pending.back})}"


def refused(request: HttpRequest, refusal: Refused, *, again: str, status: int = 422) -> HttpResponse:
    """Answer with why nobody was signed in, and the way to try again."""
    context = {"refusal": refusal, "again": again}
    return render_page(request, "tenants/sign_ins/refused.html", context, status=status)
