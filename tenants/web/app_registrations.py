"""Pages about app registrations and the partner's sign-in."""

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.app_registrations import selectors, services
from tenants.app_registrations.material import CertificateMaterial, read_pair, read_pem, read_pfx
from tenants.app_registrations.models import AppRegistration
from tenants.app_registrations.rotation import rotation_of
from tenants.clouds.own_organization import make_partner_a_target, make_partner_no_target
from tenants.expiry.thresholds import CERTIFICATE_DAYS
from tenants.partner.models import Partner
from tenants.partner.selectors import find_partner, partners_with_sign_in
from tenants.partner.services import store_partner_sign_in
from tenants.profiles.partners import connect_partner_with_profile
from tenants.web.certificate_filter import read_expires_within
from tenants.web.forms import AppRegistrationForm, CertificateForm, PartnerForm, PartnerSignInForm
from tenants.web.sign_in_parts import redirect_uri

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the partners and their app registrations with certificates."""
    actor, (within, ignored) = actor_of(request), read_expires_within(request.GET)
    stored = selectors.app_registrations(actor)
    context = {
        "app_registrations": [each for each in stored if within is None or selectors.expires_within(each, within)],
        "is_any": bool(stored),
        "within": within,
        "spans": [(days, f"?expires_within={days}") for days in CERTIFICATE_DAYS],
        "ignored": ignored,
        "partners": partners_with_sign_in(),
        "can_manage": actor.has(Permission.APP_REGISTRATION_MANAGE),
    }
    return render_page(request, "tenants/app_registrations/list.html", context)


@get_or_post
def connect(request: HttpRequest) -> HttpResponse:
    """Connect a partner."""
    actor = manager_of(request)
    form = PartnerForm(_typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            partner = connect_partner_with_profile(actor=actor, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("tenant_id", str(refusal))
        else:
            messages.success(request, f"The partner {partner.name} is connected. Add its app registration next.")
            return _to("tenants:app-registration-add", partner.pk)
    return _form_page(request, form, "tenants/partners/form.html", {})


@get_or_post
def add(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Add an app registration of a partner."""
    actor = manager_of(request)
    partner = _partner(partner_id)
    form = AppRegistrationForm(_typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_app_registration(actor=actor, partner=partner, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("application_id", str(refusal))
        else:
            messages.success(request, f"The app registration {added.display_name} was added. Add its certificate next.")
            return _to("tenants:app-registration", added.pk)
    return _form_page(request, form, "tenants/app_registrations/form.html", {"partner": partner})


@get_or_post
def target(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Ask whether the partner's own organization shall be a target, or be none any more, and see to it."""
    actor = manager_of(request)
    partner = _partner(partner_id)
    if request.method != "POST":
        return render_page(request, "tenants/partners/target.html", {"partner": partner})
    if request.POST.get("target") == "yes":
        make_partner_a_target(actor=actor, partner=partner)
        messages.success(request, f"The own organization of {partner.name} is a target now.")
    else:
        make_partner_no_target(actor=actor, partner=partner)
        messages.success(request, f"The own organization of {partner.name} is no target any more.")
    return _to("tenants:app-registrations")


@sensitive_post_parameters("pem", "password")
@get_or_post
def detail(request: HttpRequest, app_registration_id: UUID) -> HttpResponse:
    """Show an app registration with its certificates, and take a new certificate."""
    actor = actor_of(request)
    app_registration = _app_registration(actor, app_registration_id)
    form = CertificateForm(_typed(request), request.FILES or None)
    if request.method == "POST":
        actor.require(Permission.APP_REGISTRATION_MANAGE)
        if form.is_valid():
            try:
                certificate = services.add_certificate(
                    actor=actor, app_registration=app_registration, material=_material(form)
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(
                    request,
                    f"The certificate {certificate.thumbprint} is stored. Download its public part and upload it to "
                    "the application in Entra under Certificates & secrets.",
                )
                return _to("tenants:app-registration", app_registration.pk)
    context = {
        "app_registration": app_registration,
        "rotation": rotation_of(app_registration),
        "sign_in": getattr(app_registration.partner, "sign_in", None),
        "can_manage": actor.has(Permission.APP_REGISTRATION_MANAGE),
    }
    context["redirect_uri"] = redirect_uri(request)
    return _form_page(request, form, "tenants/app_registrations/detail.html", context)


@sensitive_post_parameters("refresh_token")
@get_or_post
def partner_sign_in(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Store the partner's sign-in; what is stored is never shown."""
    actor = manager_of(request)
    partner = _partner(partner_id)
    stored = getattr(partner, "sign_in", None)
    form = PartnerSignInForm(
        _typed(request), initial={"user_principal_name": stored.user_principal_name if stored else ""}
    )
    if request.method == "POST" and form.is_valid():
        try:
            store_partner_sign_in(actor=actor, partner=partner, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("refresh_token", str(refusal))
        else:
            messages.success(request, f"The partner sign-in of {partner.name} is stored.")
            return _to("tenants:app-registrations")
    context = {"partner": partner, "sign_in": stored, "redirect_uri": redirect_uri(request)}
    return _form_page(request, form, "tenants/partners/sign_in.html", context)


def manager_of(request: HttpRequest) -> Actor:
    """Return the person behind `request`, who may manage app registrations; raises `PermissionRefused`."""
    actor = actor_of(request)
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    return actor


def _material(form: CertificateForm) -> CertificateMaterial:
    upload, password = form.cleaned_data["file"], form.cleaned_data["password"]
    if form.cleaned_data["key_file"]:
        return read_pair(upload.read(), form.cleaned_data["key_file"].read(), password)
    content: bytes = upload.read() if upload else form.cleaned_data["pem"].encode()
    return read_pem(content, password) if b"-----BEGIN" in content else read_pfx(content, password)


def _form_page(request: HttpRequest, form: Form, template: str, context: dict[str, object]) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return render_page(request, template, {**context, "form": form}, status=status)


def _typed(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _app_registration(actor: Actor, app_registration_id: UUID) -> AppRegistration:
    found = selectors.find_app_registration(actor, app_registration_id)
    if found is None:
        raise Http404
    return found


def _partner(partner_id: UUID) -> Partner:
    found = find_partner(partner_id)
    if found is None:
        raise Http404
    return found


def _to(name: str, *args: object) -> HttpResponse:
    return HttpResponseRedirect(reverse(name, args=args), status=303)
