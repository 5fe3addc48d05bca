"""My sessions: where am I signed in?"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.sessions.selectors import sessions_of
from portal.accounts.sessions.services import end_other_sessions, end_session
from portal.accounts.sessions.store import hashed
from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.templatetags.presentation import counted


@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    """Show every browser that one is signed in with."""
    actor = actor_of(request)
    context = {"sessions": sessions_of(actor), "present": hashed(request.session.session_key or "")}
    return render_page(request, "accounts/sessions.html", context)


@require_POST
def session_end(request: HttpRequest) -> HttpResponse:
    """End one session, or all but this one."""
    actor, key = actor_of(request), request.POST.get("session", "")
    if key == "others":
        number = end_other_sessions(actor=actor, but=hashed(request.session.session_key or ""))
        messages.success(request, f"{counted(number, 'session')} ended.")
    elif end_session(actor=actor, key=key):
        messages.success(request, "The session is ended.")
    return HttpResponseRedirect(reverse("accounts:sessions"), status=303)
