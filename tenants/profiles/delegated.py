"""Acting as the partner's service account."""

from tenants.app_registrations.services import private_key_of
from tenants.partner.models import Partner, PartnerSignIn
from tenants.partner.services import refresh_token_of
from tenants.profiles.app_only import NoUsableCertificate, choose_certificate
from tenants.profiles.microsoft import environment_named, msal_applications
from tenants.tokens import applications
from tenants.tokens.delegated import DelegatedTokens


class NoPartnerSignIn(NoUsableCertificate):
    """The partner's service account has not signed in; the message says what to do."""


def partner_tokens(partner: Partner) -> DelegatedTokens:
    """Return tokens of the partner's service account; raises `NoPartnerSignIn` or `NoUsableCertificate`."""
    sign_in = PartnerSignIn.objects.select_related("partner").filter(partner=partner).first()
    if sign_in is None:
        raise NoPartnerSignIn(f"{partner.name} has no partner sign-in yet. Store one under App registrations.")
    certificate = choose_certificate(partner)
    material = applications.Certificate(
        private_key_of(certificate), certificate.certificate_pem, certificate.thumbprint_sha256.lower()
    )
    application = applications.Application(str(certificate.app_registration.application_id), material)
    return DelegatedTokens(
        environment_named(partner.environment),
        application,
        msal_applications(),
        refresh_token=lambda: refresh_token_of(sign_in),
    )
