"""What is done to one certificate: used from now on, tested, downloaded, removed."""

from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.refusals import Refused
from portal.core.secrets.errors import SecretUnreadable
from tenants.app_registrations import selectors, services
from tenants.app_registrations.models import Certificate
from tenants.profiles.proving import prove_certificate
from tenants.web.app_registrations import manager_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@get_or_post
def remove(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Ask whether a certificate shall be removed, and remove it."""
    actor = manager_of(request)
    certificate = _certificate(actor, certificate_id)
    if request.method == "POST":
        services.remove_certificate(actor=actor, certificate=certificate)
        messages.success(request, f"The certificate {certificate.thumbprint} and its private key were removed.")
        return _back(certificate)
    successor = selectors.successor_of(certificate)
    context = {
        "certificate": certificate,
        "successor": successor,
        "is_in_use": not certificate.is_expired and selectors.comes_first(certificate, successor),
    }
    return render_page(request, "tenants/app_registrations/confirm.html", context)


@get_or_post
def use(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Ask whether a certificate shall sign in from now on, and let it."""
    actor = manager_of(request)
    certificate = _certificate(actor, certificate_id)
    context = {"certificate": certificate, "in_use": selectors.successor_of(certificate)}
    if request.method == "POST":
        try:
            services.activate_certificate(actor=actor, certificate=certificate)
        except Refused as refusal:
            page = "tenants/app_registrations/use.html"
            return render_page(request, page, {**context, "refusal": str(refusal)}, status=422)
        messages.success(request, f"The certificate {certificate.thumbprint} signs in from now on.")
        return _back(certificate)
    return render_page(request, "tenants/app_registrations/use.html", context)


@require_POST
def test(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Ask Entra whether it takes a certificate."""
    actor = manager_of(request)
    certificate = _certificate(actor, certificate_id)
    try:
        proof = prove_certificate(actor=actor, certificate=certificate)
    except (Refused, SecretUnreadable) as refusal:
        messages.error(request, str(refusal))
        return _back(certificate)
    say = messages.success if proof.accepted else messages.warning
    say(request, f"{certificate.thumbprint[:8]}…: {proof.sentence} {proof.fix}".strip())
    return _back(certificate)


@require_safe
def download(request: HttpRequest, certificate_id: UUID, form: str) -> HttpResponse:
    """Hand out the public certificate, as PEM or as the DER file that Entra takes."""
    certificate = _certificate(actor_of(request), certificate_id)
    content: bytes = certificate.certificate_pem.encode()
    kind = "application/x-pem-file"
    if form == "cer":
        content = load_pem_x509_certificate(content).public_bytes(Encoding.DER)
        kind = "application/pkix-cert"
    disposition = f'attachment; filename="signalbox-{certificate.thumbprint}.{form}"'
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": disposition})


def _certificate(actor: Actor, certificate_id: UUID) -> Certificate:
    found = selectors.find_certificate(actor, certificate_id)
    if found is None:
        raise Http404
    return found


def _back(certificate: Certificate) -> HttpResponse:
    address = reverse("tenants:app-registration", args=[certificate.app_registration_id])
    return HttpResponseRedirect(address, status=303)
