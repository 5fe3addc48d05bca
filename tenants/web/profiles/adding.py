"""Adding a connection profile: first the method, then its fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.text import readable_id
from tenants.partner.models import Partner
from tenants.partner.selectors import first_partner, partners_with_sign_in
from tenants.profiles.methods import Method
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import find_profile
from tenants.profiles.services import create_profile
from tenants.profiles.validation import ProfileRefused
from tenants.profiles.words import KINDS, METHOD_MEANINGS, Kind
from tenants.web.profiles.form import ProfileForm, stored_values


@dataclass(frozen=True, slots=True)
class MethodCard:
    """One method to choose; an empty `url` means that it may not be chosen for this partner."""

    method: Method
    meaning: str
    url: str


@sensitive_post_parameters("access_token")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Show the methods; once one is chosen in the address, its form."""
    actor = actor_of(request)
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    partners = partners_with_sign_in()
    partner, notes = _partner(request, partners)
    like = _like(request, actor)
    method, note = _method(request.GET.get("method", ""), like)
    notes += note
    if partner is None or method is None:
        context = {"partners": partners, "partner": partner, "kinds": _kinds(partner), "notes": notes}
        return render_page(request, "tenants/profiles/methods.html", context)
    if request.method != "POST":
        first = {**stored_values(like), "name": f"Copy of {like.name}"[:200]} if like else {}
        return _page(request, ProfileForm(partner, method, initial=first), notes)
    form = ProfileForm(partner, method, request.POST)
    if form.is_valid():
        try:
            profile = create_profile(actor=actor, partner=partner, values=form.values())
        except ProfileRefused as refusal:
            form.refuse(str(refusal), refusal.field)
        else:
            messages.success(request, f"“{profile}” is there. Nothing uses it yet: say below where it applies.")
            return HttpResponseRedirect(reverse("tenants:profile", args=[profile.pk]), status=303)
    return _page(request, form, notes, status=422)


def _page(request: HttpRequest, form: ProfileForm, notes: list[str], *, status: int = 200) -> HttpResponse:
    url = f"{reverse('tenants:profile-add')}?{urlencode({'partner': str(form.partner.pk)})}"
    context: Mapping[str, Any] = {
        "form": form,
        "partner": form.partner,
        "method": form.method,
        "meaning": METHOD_MEANINGS[form.method],
        "methods_url": url,
        "notes": notes,
    }
    return render_page(request, "tenants/profiles/form.html", context, status=status)


def _partner(request: HttpRequest, partners: list[Partner]) -> tuple[Partner | None, list[str]]:
    wanted = request.GET.get("partner", "")
    found = next((each for each in partners if str(each.pk) == wanted), None)
    notes = ["The partner in the address is not there any more."] if wanted and found is None else []
    return found or first_partner(), notes


def _like(request: HttpRequest, actor: Actor) -> ConnectionProfile | None:
    wanted = readable_id(request.GET.get("like", ""))
    return find_profile(actor=actor, profile_id=wanted) if wanted else None


def _method(text: str, like: ConnectionProfile | None) -> tuple[Method | None, list[str]]:
    if not text:
        return (Method(like.method) if like else None), []
    if text in Method:
        return Method(text), []
    return None, [f"There is no connection method “{text[:60]}”. Choose one of these."]


def _kinds(partner: Partner | None) -> list[tuple[Kind, list[MethodCard]]]:
    if partner is None:
        return []
    return [(kind, [_card(partner, method) for method in kind.methods]) for kind in KINDS]


def _card(partner: Partner, method: Method) -> MethodCard:
    query = urlencode({"partner": str(partner.pk), "method": method.value})
    refused = method.uses_password and not partner.allows_passwords
    return MethodCard(method, METHOD_MEANINGS[method], "" if refused else f"?{query}")
