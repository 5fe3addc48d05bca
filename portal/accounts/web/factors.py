"""My second factors: with what do I prove to be there?"""

import json

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.factors.codes import address_of, new_seed
from portal.accounts.factors.passkeys import begin_adding, finish_adding
from portal.accounts.factors.services import FactorRefused, add_app, remove_factor, renew_recovery_codes
from portal.accounts.models import User
from portal.accounts.web.access import actor_of
from portal.accounts.web.factor_pages import CodeForm, picture_of
from portal.core.htmx import render_page

SEED, MAKING = "new_app_seed", "new_passkey"


class AppForm(CodeForm):
    """The first code of a new authenticator app, and what it is called."""

    name = forms.CharField(label="Name", max_length=100, help_text="For instance “Work phone”.")
    field_order = ("name", "code")


@never_cache
@require_safe
def factor_list(request: HttpRequest) -> HttpResponse:
    """Show one's own factors."""
    person = _person(request)
    context = {
        "factors": list(person.factors.all()),
        "recovery_codes": person.recovery_codes.count(),
        "is_microsoft": person.entra_object_id is not None,
    }
    return render_page(request, "accounts/factors/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def app_add(request: HttpRequest) -> HttpResponse:
    """Add an authenticator app."""
    person, actor = _person(request), actor_of(request)
    actor.require_step_up()
    seed = request.session.setdefault(SEED, new_seed())
    form = AppForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            factor = add_app(
                actor=actor, person=person, seed=seed, code=form.cleaned_data["code"], name=form.cleaned_data["name"]
            )
        except FactorRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            request.session.pop(SEED, None)
            messages.success(request, f"{factor} is added.")
            return HttpResponseRedirect(reverse("accounts:factors"), status=303)
    context = {"form": form, "seed": seed, "picture": picture_of(address_of(person, seed))}
    return render_page(request, "accounts/factors/app.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_add(request: HttpRequest) -> HttpResponse:
    """Add a passkey."""
    person, actor = _person(request), actor_of(request)
    actor.require_step_up()
    problem = ""
    if request.method == "POST":
        try:
            factor = finish_adding(
                actor=actor,
                person=person,
                host=request.get_host(),
                state=request.session.pop(MAKING, {}),
                answer=json.loads(request.POST.get("passkey") or "{}"),
                name=request.POST.get("name", ""),
            )
        except (FactorRefused, ValueError) as refusal:
            problem = str(refusal) if isinstance(refusal, FactorRefused) else "The browser's answer cannot be read."
        else:
            messages.success(request, f"{factor} is added.")
            return HttpResponseRedirect(reverse("accounts:factors"), status=303)
    options, state = begin_adding(person, request.get_host())
    request.session[MAKING] = state
    context = {"passkey": options, "problem": problem, "name": request.POST.get("name", "")}
    return render_page(request, "accounts/factors/passkey.html", context, status=422 if problem else 200)


@require_POST
def factor_remove(request: HttpRequest, factor_id: str) -> HttpResponse:
    """Remove a factor."""
    try:
        remove_factor(actor=actor_of(request), person=_person(request), factor_id=str(factor_id))
    except FactorRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The second factor is removed.")
    return HttpResponseRedirect(reverse("accounts:factors"), status=303)


@never_cache
@require_POST
def recovery_codes_renew(request: HttpRequest) -> HttpResponse:
    """Show new recovery codes, once; the earlier ones are worth nothing from then on."""
    codes = renew_recovery_codes(actor=actor_of(request), person=_person(request))
    return render_page(request, "accounts/recovery_codes.html", {"codes": codes, "next": reverse("accounts:factors")})


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("only signed-in people reach this page")
    return request.user
