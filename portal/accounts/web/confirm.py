"""Confirming that it is still the same person, before what needs it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts.factors.passkeys import begin_proving
from portal.accounts.factors.services import FactorRefused
from portal.accounts.models import User
from portal.accounts.receivers import peer_address, record_refused_second_factor
from portal.accounts.throttling.services import TooManyFailures, note_failure, require_room
from portal.accounts.web.factor_pages import CodeForm, proved_by
from portal.accounts.web.proofs import destination, step_up
from portal.core.htmx import render_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask the signed-in person for a second factor, and lead back to what needs it."""
    person, next_page = request.user, destination(request)
    if not isinstance(person, User):
        raise TypeError("only signed-in people reach this page")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        address = peer_address(request)
        try:
            require_room(username=person.username, address=address)
            return step_up(request, method=proved_by(request, person, form), next_page=next_page)
        except FactorRefused as refusal:
            note_failure(username=person.username, address=address)
            record_refused_second_factor(request, person)
            form.add_error(None, str(refusal))
        except TooManyFailures as refusal:
            form.add_error(None, str(refusal))
    asked = begin_proving(person, request.get_host())
    if asked:
        request.session["passkey"] = asked[1]
    context = {
        "form": form,
        "next": next_page,
        "passkey": asked[0] if asked else None,
        "has_factors": person.factors.exists(),
        "is_microsoft": person.entra_object_id is not None,
    }
    return render_page(request, "accounts/confirm.html", context, status=422 if request.method == "POST" else 200)
