"""Beginning to sign in as oneself, or as the partner's service account."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.organizations.search import organization_exactly
from tenants.partner.selectors import find_partner
from tenants.profiles.methods import Method
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import find_profile
from tenants.sign_in_flows.beginnings import begin_device, begin_interactive, begin_partner_sign_in
from tenants.sign_in_flows.endings import sign_in_with_password
from tenants.sign_in_flows.places import check_profile
from tenants.sign_ins.models import PendingSignIn
from tenants.web.sign_in_forms import SignInForm
from tenants.web.sign_in_parts import go, launcher, redirect_uri, refused, session_of, way_back


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Say what a sign-in for a profile is, and begin it; a password signs in at once."""
    actor = launcher(request)
    profile = _personal_profile(actor, profile_id)
    back = way_back(request.POST.get("next") or request.GET.get("next") or "")
    form = SignInForm(
        actor, profile, request.POST if request.method == "POST" else None, initial=_initial(request, actor, profile)
    )
    refusal: Refused | None = None
    try:
        check_profile(profile)
        if request.method == "POST" and form.is_valid():
            return _begun(request, actor, profile, form, back)
    except Refused as caught:
        refusal = caught
    context = {
        "profile": profile,
        "method": Method(profile.method),
        "form": form,
        "back": back,
        "refusal": refusal,
        "is_open": refusal is None or request.method == "POST",
    }
    return render_page(request, "tenants/sign_ins/begin.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def begin_as_service_account(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Begin the sign-in of the partner's service account in this browser."""
    actor = actor_of(request)
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    partner = find_partner(partner_id)
    if partner is None:
        raise Http404
    page = reverse("tenants:partner-sign-in", args=[partner.pk])
    try:
        replaced = begin_partner_sign_in(
            actor=actor, session=session_of(request), partner=partner, redirect_uri=redirect_uri(request), back=page
        )
    except Refused as refusal:
        return refused(request, refusal, again=page)
    return _onward(request, replaced, "tenants:sign-in-onward")


def _begun(
    request: HttpRequest, actor: Actor, profile: ConnectionProfile, form: SignInForm, back: str
) -> HttpResponseRedirect:
    session, organization = session_of(request), form.cleaned_data.get("organization")
    if Method(profile.method).uses_password:
        name = form.cleaned_data["user_principal_name"]
        sign_in_with_password(
            actor=actor,
            session=session,
            profile=profile,
            organization=organization,
            user_principal_name=name,
            typed_password=form.cleaned_data["password"],
        )
        messages.success(request, f"You are signed in as {name}, until you sign out of Signalbox.")
        return go(back)
    if profile.method == Method.DEVICE:
        replaced = begin_device(actor=actor, session=session, profile=profile, organization=organization, back=back)
        return _onward(request, replaced, "tenants:sign-in-device")
    replaced = begin_interactive(
        actor=actor,
        session=session,
        profile=profile,
        organization=organization,
        redirect_uri=redirect_uri(request),
        back=back,
    )
    return _onward(request, replaced, "tenants:sign-in-onward")


def _onward(request: HttpRequest, replaced: PendingSignIn | None, name: str) -> HttpResponseRedirect:
    if replaced is not None:
        messages.info(
            request, f"Your earlier sign-in at {replaced.tenant_name} was cancelled: only one can be under way."
        )
    return HttpResponseRedirect(reverse(name), status=303)


def _personal_profile(actor: Actor, profile_id: UUID) -> ConnectionProfile:
    profile = find_profile(actor=actor, profile_id=profile_id)
    if profile is None or not Method(profile.method).is_personal:
        raise Http404("There is no such connection profile to sign in with.")
    return profile


def _initial(request: HttpRequest, actor: Actor, profile: ConnectionProfile) -> dict[str, str]:
    wanted = request.GET.get("organization", "")[:300]
    organization = organization_exactly(actor=actor, text=wanted) if wanted else None
    return {
        "organization": organization.initial_domain if organization else "",
        "user_principal_name": profile.user_principal_name,
    }
