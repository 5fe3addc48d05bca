"""Getting in as the application itself, with a certificate."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.utils import timezone

from portal.core.refusals import Refused
from tenants.app_registrations.models import Certificate
from tenants.app_registrations.services import private_key_of
from tenants.microsoft.environments import Environment
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.microsoft import environment_named, msal_applications
from tenants.tokens import applications
from tenants.tokens.app_only import AppOnlyTokens


class NoUsableCertificate(Refused):
    """No certificate of the partner can be used now; the message says what to do."""


@dataclass(frozen=True, slots=True)
class AppOnlyProfile:
    """How to get into one organization: where, as whom, with which tokens."""

    environment: Environment
    tenant_id: str
    initial_domain: str
    application_id: str
    thumbprint: str
    tokens: AppOnlyTokens

    @property
    def identity(self) -> str:
        """Who signs in, for people to read."""
        return f"application {self.application_id}, certificate {self.thumbprint[:8]}…"


def choose_certificate(partner: Partner, thumbprint: str = "") -> Certificate:
    """Return the certificate to sign in with: the one named, or the valid one that was stored first.

    A newer one stands by until the older one is removed or has expired: it may not be known to Entra yet. Raises
    `NoUsableCertificate`.
    """
    stored = list(
        Certificate.objects.filter(app_registration__partner=partner)
        .select_related("app_registration")
        .order_by("-not_after")
    )
    if not stored:
        raise NoUsableCertificate(f"{partner.name} has no certificate. Upload one under App registrations.")
    if thumbprint:
        stored = [c for c in stored if c.thumbprint == thumbprint.upper()] or _refuse_thumbprint(thumbprint, stored)
    now = timezone.now()
    usable = sorted((c for c in stored if c.not_before <= now < c.not_after), key=lambda c: c.added_at)
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


def app_only_profile(organization: Organization, certificate: Certificate) -> AppOnlyProfile:
    """Return the way into `organization` with a certificate (its app registration loaded)."""
    return AppOnlyProfile(
        environment=environment_named(organization.environment),
        tenant_id=str(organization.tenant_id),
        initial_domain=organization.initial_domain,
        application_id=str(certificate.app_registration.application_id),
        thumbprint=certificate.thumbprint,
        tokens=_tokens(certificate.pk, organization.environment),
    )


@lru_cache(maxsize=64)
def _tokens(certificate_id: UUID, environment_name: str) -> AppOnlyTokens:
    certificate = Certificate.objects.select_related("app_registration").get(pk=certificate_id)
    material = applications.Certificate(
        private_key_of(certificate), certificate.certificate_pem, certificate.thumbprint_sha256.lower()
    )
    application = applications.Application(str(certificate.app_registration.application_id), material)
    return AppOnlyTokens(environment_named(environment_name), application, msal_applications())


def _refuse_thumbprint(thumbprint: str, stored: list[Certificate]) -> list[Certificate]:
    known = ", ".join(certificate.thumbprint for certificate in stored)
    raise NoUsableCertificate(f"No certificate with the thumbprint {thumbprint} is stored. Stored are: {known}.")
