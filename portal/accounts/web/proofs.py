"""From a proof of who somebody is to a session: signing in, and confirming later that it is still them."""

import time
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from portal.accounts.factors.services import note_step_up
from portal.accounts.models import User
from portal.accounts.receivers import peer_address
from portal.accounts.selectors import person_with_id
from portal.accounts.sessions.services import make_room
from portal.accounts.sessions.store import ADDRESS, BEGAN_AT, DEVICE
from portal.accounts.throttling.services import forgive
from portal.accounts.web.access import STEPPED_UP_AT, actor_of
from portal.core.htmx import render_page

PENDING = "pending_sign_in"
SEND_AGAIN = "send_again"
PENDING_SECONDS = 600
"""How long a password that was right waits for the second factor."""
MAY_SEND_AGAIN = "may_send_again"
"""A form that has this field holds no secret: it is kept while its person confirms, and offered to be sent then."""
_MOST_KEPT = 16_384


def destination(request: HttpRequest, wanted: str = "") -> str:
    """Return the page of ours that was asked for, or home."""
    wanted = wanted or request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url("home")


def ask_for_second_factor(request: HttpRequest, person: User, next_page: str) -> None:
    """Remember that the password was right; nobody is signed in yet."""
    request.session.cycle_key()
    request.session[PENDING] = {"person": str(person.pk), "at": time.time(), "next": next_page}


def pending_person(request: HttpRequest) -> User | None:
    """Return whose password was right a moment ago, or None."""
    pending = request.session.get(PENDING)
    if not pending or time.time() - pending["at"] > PENDING_SECONDS:
        return None
    return person_with_id(pending["person"])


def sign_in(request: HttpRequest, person: User, *, method: str, next_page: str) -> HttpResponse:
    """Begin a session for a person who proved to be there by `method`, and lead to the page that was asked for."""
    request.session.pop(PENDING, None)
    request.sign_in_method = method  # type: ignore[attr-defined]  # the receiver of the event tells it
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    forgive(username=person.username)
    request.session[BEGAN_AT] = timezone.now().isoformat()
    request.session[ADDRESS], request.session[DEVICE] = peer_address(request), request.headers.get("User-Agent", "")
    request.session[STEPPED_UP_AT] = time.time()
    request.session.save()
    make_room(person)
    return HttpResponseRedirect(next_page, status=303)


def step_up(request: HttpRequest, *, method: str, next_page: str) -> HttpResponse:
    """Remember that the signed-in person has just proved to be there; what they had posted is offered to be sent."""
    actor = actor_of(request)
    request.session[STEPPED_UP_AT] = time.time()
    note_step_up(actor=actor, method=method)
    kept = request.session.pop(SEND_AGAIN, None)
    if not kept:
        return HttpResponseRedirect(next_page, status=303)
    fields = [(name, value) for name, values in QueryDict(kept["body"]).lists() for value in values]
    context: dict[str, Any] = {"path": kept["path"], "fields": fields, "back": next_page}
    return render_page(request, "accounts/send_again.html", context)


def confirm_first(request: HttpRequest) -> HttpResponse:
    """Lead to the page that asks for a second factor, and back to where the person was."""
    back = destination(request, _came_from(request) if request.method == "POST" else request.get_full_path())
    if request.method == "POST" and MAY_SEND_AGAIN in request.POST:
        sent = request.POST.copy()
        for name in ("csrfmiddlewaretoken", MAY_SEND_AGAIN):
            sent.pop(name, None)
        if len(body := sent.urlencode()) <= _MOST_KEPT:
            request.session[SEND_AGAIN] = {"path": request.path, "body": body}
    query = QueryDict(mutable=True)
    query["next"] = back
    url = f"{reverse('accounts:confirm')}?{query.urlencode(safe='/')}"
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url, status=303)


def _came_from(request: HttpRequest) -> str:
    """Return the page of ours on which a form was sent; home where the browser does not say, or another host."""
    parts = urlsplit(request.headers.get("Referer", ""))
    return parts._replace(scheme="", netloc="").geturl() if parts.netloc == request.get_host() else "/"
