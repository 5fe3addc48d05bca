"""Changing a connection profile, and retiring it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.profiles.effects import effect_of_retiring
from tenants.profiles.methods import Method
from tenants.profiles.services import change_profile, retire_profile
from tenants.profiles.uses import uses_of
from tenants.profiles.validation import ProfileRefused
from tenants.profiles.words import METHOD_MEANINGS
from tenants.web.profiles.access import profile_or_404
from tenants.web.profiles.form import ProfileForm, stored_values

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters("access_token")
@get_or_post
def change(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Show the profile as it is stored, and store it changed; its method stays."""
    actor = actor_of(request)
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    profile = profile_or_404(actor, profile_id)
    method = Method(profile.method)
    typed = request.POST if request.method == "POST" else None
    form = ProfileForm(profile.partner, method, typed, initial=stored_values(profile), stored=profile)
    if typed is not None and form.is_valid():
        try:
            profile = change_profile(actor=actor, profile=profile, values=form.values())
        except ProfileRefused as refusal:
            form.refuse(str(refusal), refusal.field)
        else:
            messages.success(request, f"“{profile}” is changed. Runs that were planned before end as refused.")
            return _to_profile(profile.pk)
    context = {
        "form": form,
        "profile": profile,
        "partner": profile.partner,
        "method": method,
        "meaning": METHOD_MEANINGS[method],
    }
    return render_page(request, "tenants/profiles/form.html", context, status=200 if typed is None else 422)


@get_or_post
def retire(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Ask whether a profile shall be retired, saying who loses it and what applies instead; and retire it."""
    actor = actor_of(request)
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    profile = profile_or_404(actor, profile_id)
    if request.method == "POST":
        try:
            retire_profile(actor=actor, profile=profile)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"“{profile}” is retired. What was done with it stays known.")
        return _to_profile(profile.pk)
    uses = uses_of([profile])[profile.pk]
    context = {"profile": profile, "uses": uses, "effect": effect_of_retiring(actor, profile)}
    return render_page(request, "tenants/profiles/retire.html", context)


def _to_profile(profile_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("tenants:profile", args=[profile_id]), status=303)
