"""What is known of the token for an organization: it depends on the connection profile that applies."""

from dataclasses import dataclass

from django.utils import timezone

from portal.core.templatetags.presentation import counted, days_left, relative
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.accesses import environment_for
from tenants.profiles.certificates import choose_certificate
from tenants.profiles.delegated import partner_sign_in
from tenants.profiles.facts import described
from tenants.profiles.methods import Method
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.refusals import NoPartnerSignIn, NoProfile, NoUsableCertificate, NoWayIn, WrongEnvironment
from tenants.profiles.uses import SERVICES

_FIXES: dict[type[NoWayIn], str] = {
    NoUsableCertificate: "Upload a certificate under App registrations.",
    NoPartnerSignIn: "Store the partner's sign-in under App registrations.",
    NoProfile: "Choose a default for its partner under Connections, Profiles.",
    WrongEnvironment: "Assign a profile for this organization's cloud, on its tab Profile.",
}


@dataclass(frozen=True, slots=True)
class TokenFact:
    """What the profile says of its token before anything is asked; `error_class` is set where none can be had."""

    words: str
    fix: str = ""
    error_class: str = ""


def token_fact(organization: Organization, profile: ConnectionProfile | None) -> TokenFact:
    """Return what `profile`, the one that applies to `organization` (its partner loaded), signs in with."""
    try:
        if profile is None:
            raise NoProfile(f"No connection profile applies to {organization.name} for {SERVICES[0].label}.")
        environment_for(organization, described(profile))
        return _of_profile(organization, profile)
    except NoWayIn as refused:
        return TokenFact(str(refused), _FIXES.get(type(refused), ""), refused.error_class)


def _of_profile(organization: Organization, profile: ConnectionProfile) -> TokenFact:
    method = Method(profile.method)
    if method.is_by_certificate:
        return TokenFact(_certificate(profile))
    if method is Method.DELEGATED:
        return TokenFact(f"{_service_account(organization.partner)} {_certificate(profile)}")
    if method is Method.ACCESS_TOKEN:
        return _handed_in(organization, profile)
    if method.uses_password and not organization.partner.allows_passwords:
        fix = "Assign another profile, or have an administrator allow passwords under Connections, Profiles."
        return TokenFact(f"“{profile}” needs a password, and passwords are not allowed.", fix, "no_connection_profile")
    if method.is_personal:
        return TokenFact(f"“{profile}” uses the account of whoever launches: each signs in before the first run.")
    return TokenFact(f"“{profile}” is the managed identity of the machine that runs the workers: nothing expires.")


def _certificate(profile: ConnectionProfile) -> str:
    certificate = choose_certificate(profile.partner, profile.thumbprint, app_registration=profile.app_registration)
    left = counted(days_left(certificate.not_after), "day")
    return f"The certificate {certificate.thumbprint[:8]}… has {left} left."


def _service_account(partner: Partner) -> str:
    return f"{partner_sign_in(partner).user_principal_name} signs in through the partner."


def _handed_in(organization: Organization, profile: ConnectionProfile) -> TokenFact:
    moment, newer = profile.token_ends_at, f"Hand in a newer token on the page of “{profile}”."
    if profile.token_tenant_id != organization.tenant_id:
        words = f"The access token of “{profile}” is for another organization."
        return TokenFact(words, "Assign another profile, or hand in a token for this one.", "wrong_organization")
    if moment is None or moment <= timezone.now():
        ended = f" ended {relative(moment)}" if moment else " is gone"
        return TokenFact(f"The access token of “{profile}”{ended}.", newer, "token_expired")
    return TokenFact(f"The access token of “{profile}” ends {relative(moment)} and is never renewed.")
