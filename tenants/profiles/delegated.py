"""The partner's service account: its tokens for the partner's own calls."""

from tenants.partner.models import Partner, PartnerSignIn
from tenants.profiles.certificates import choose_certificate
from tenants.profiles.refusals import NoPartnerSignIn
from tenants.profiles.token_sources import service_account_tokens
from tenants.tokens.delegated import DelegatedTokens


def partner_sign_in(partner: Partner) -> PartnerSignIn:
    """Return the sign-in of the partner's service account; raises `NoPartnerSignIn`."""
    sign_in = PartnerSignIn.objects.select_related("partner").filter(partner=partner).first()
    if sign_in is None:
        raise NoPartnerSignIn(f"{partner.name} has no partner sign-in yet. Store one under App registrations.")
    return sign_in


def partner_tokens(partner: Partner) -> DelegatedTokens:
    """Return tokens of the partner's service account; raises `NoPartnerSignIn` or `NoUsableCertificate`."""
    sign_in = partner_sign_in(partner)
    return service_account_tokens(sign_in, choose_certificate(partner).pk, partner.environment)
