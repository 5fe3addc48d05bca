"""Which certificate of a partner signs in."""

from django.utils import timezone

from tenants.app_registrations.models import AppRegistration, Certificate, in_order_of_use
from tenants.partner.models import Partner
from tenants.profiles.refusals import NoUsableCertificate


def choose_certificate(
    partner: Partner, thumbprint: str = "", *, app_registration: AppRegistration | None = None
) -> Certificate:
    """Return the certificate to sign in with: the one named, or the first in order of use.

    `app_registration` narrows it to one of the partner's. Raises `NoUsableCertificate`.
    """
    of_partner = Certificate.objects.filter(app_registration__partner=partner)
    if app_registration is not None:
        of_partner = of_partner.filter(app_registration=app_registration)
    stored = list(of_partner.select_related("app_registration").order_by("-not_after"))
    if not stored:
        raise NoUsableCertificate(
            f"{app_registration or partner} has no certificate. Upload one under App registrations."
        )
    if thumbprint:
        stored = [c for c in stored if c.thumbprint == thumbprint.upper()] or _refuse_thumbprint(thumbprint, stored)
    now = timezone.now()
    usable = in_order_of_use(stored)
    if not usable and stored[0].not_before > now:
        raise NoUsableCertificate(
            f"The certificate {stored[0].thumbprint} is not valid before {stored[0].not_before:%d %B %Y %H:%M} UTC."
        )
    if not usable:
        raise NoUsableCertificate(
            f"The certificate {stored[0].thumbprint} expired on {stored[0].not_after:%d %B %Y}. "
            "Upload a new one under App registrations and add it to the application in Entra."
        )
    return usable[0]


def _refuse_thumbprint(thumbprint: str, stored: list[Certificate]) -> list[Certificate]:
    known = ", ".join(certificate.thumbprint for certificate in stored)
    raise NoUsableCertificate(f"No certificate with the thumbprint {thumbprint} is stored. Stored are: {known}.")
