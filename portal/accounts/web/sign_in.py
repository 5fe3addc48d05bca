"""Signing in with a local account: password, then second factor; and signing out."""

from typing import Any

from django import forms
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.factors.codes import address_of, new_seed
from portal.accounts.factors.passkeys import begin_proving
from portal.accounts.factors.services import FactorRefused, enrol_app
from portal.accounts.identity_providers import identity_providers
from portal.accounts.models import User
from portal.accounts.receivers import peer_address, record_refused_second_factor
from portal.accounts.throttling.services import TooManyFailures, note_failure, require_room
from portal.accounts.web.factor_pages import CodeForm, picture_of, proved_by
from portal.accounts.web.proofs import PENDING, ask_for_second_factor, destination, pending_person, sign_in
from portal.core.actors import Source
from portal.core.htmx import render_page

SEED = "enrolment_seed"


class SignInForm(AuthenticationForm):
    """Sign-in name and password; after too many failures neither is looked at."""

    error_messages = {
        "invalid_login": "Sign-in name and password do not match. Type both again; capital letters count.",
        "inactive": "Sign-in name and password do not match. Type both again; capital letters count.",
    }

    def clean(self) -> dict[str, Any]:
        """Check the two, unless too many sign-ins failed lately."""
        username, address = str(self.cleaned_data.get("username", "")), peer_address(self.request)
        try:
            require_room(username=username, address=address)
        except TooManyFailures as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        try:
            return super().clean()
        except forms.ValidationError:
            note_failure(username=username, address=address)
            raise


class EnrolmentForm(CodeForm):
    """The code of an administrator, and the first code of a new authenticator app."""

    enrolment_code = forms.CharField(
        label="Enrolment code",
        max_length=60,
        help_text="From an administrator: it works once, within a day.",
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
    )
    field_order = ("enrolment_code", "code")


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Ask for sign-in name and password, then lead to the second factor."""
    next_page = destination(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_page, status=303)
    form = SignInForm(request, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person = form.get_user()
        ask_for_second_factor(request, person, next_page)
        name = "accounts:second-factor" if person.factors.exists() else "accounts:enrol"
        return HttpResponseRedirect(reverse(name), status=303)
    context = {"form": form, "next": next_page, "microsoft_partners": identity_providers()}
    return render_page(request, "accounts/sign_in.html", context, status=422 if request.method == "POST" else 200)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor, and begin the session."""
    person = pending_person(request)
    if person is None:
        return HttpResponseRedirect(reverse("accounts:sign-in"), status=303)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            method = _throttled(request, person, lambda: proved_by(request, person, form))
            return sign_in(request, person, method=method, next_page=request.session[PENDING]["next"])
        except (FactorRefused, TooManyFailures) as refusal:
            form.add_error(None, str(refusal))
    asked = begin_proving(person, request.get_host())
    if asked:
        request.session["passkey"] = asked[1]
    context = {"form": form, "passkey": asked[0] if asked else None, "person": person}
    return render_page(request, "accounts/second_factor.html", context, status=422 if request.method == "POST" else 200)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Let a person whose password was right, and who has an administrator's code, set up an authenticator app."""
    person = pending_person(request)
    if person is None:
        return HttpResponseRedirect(reverse("accounts:sign-in"), status=303)
    seed = request.session.setdefault(SEED, new_seed())
    form = EnrolmentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = _throttled(
                request,
                person,
                lambda: enrol_app(
                    actor=person.as_actor(Source.WEB, peer_address(request)),
                    person=person,
                    enrolment_code=said["enrolment_code"],
                    seed=seed,
                    code=said["code"],
                ),
            )
        except (FactorRefused, TooManyFailures) as refusal:
            form.add_error(None, str(refusal))
        else:
            next_page = request.session[PENDING]["next"]
            request.session.pop(SEED, None)
            sign_in(request, person, method="authenticator app", next_page=next_page)
            return render_page(
                request, "accounts/recovery_codes.html", {"codes": made.recovery_codes, "next": next_page}
            )
    context = {"form": form, "person": person, "seed": seed, "picture": picture_of(address_of(person, seed))}
    return render_page(request, "accounts/enrol.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign the person out."""
    logout(request)
    return HttpResponseRedirect(reverse("accounts:sign-in"), status=303)


def _throttled(request: HttpRequest, person: User, act: Any) -> Any:
    """Do `act` unless too many proofs of this account failed lately; a failure counts."""
    address = peer_address(request)
    require_room(username=person.username, address=address)
    try:
        return act()
    except FactorRefused:
        note_failure(username=person.username, address=address)
        record_refused_second_factor(request, person)
        raise
