"""Where somebody signs in, and with which application."""

from dataclasses import dataclass

from tenants.microsoft.environments import ENVIRONMENTS, Environment
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.application import application_with
from tenants.profiles.certificates import choose_certificate
from tenants.profiles.methods import Method
from tenants.profiles.microsoft import environment_named
from tenants.profiles.models import ConnectionProfile
from tenants.sign_in_flows.refusals import SignInRefused
from tenants.tokens.applications import Application
from tenants.tokens.guards import DELEGATED_PERMISSION

# The public client of the Exchange Online PowerShell module (exchange-protocol.md 2.1): it needs no consent.
EXCHANGE_MODULE_CLIENT = "fb78d390-0c51-40cd-8e17-fdbfab77341b"


@dataclass(frozen=True, slots=True)
class Place:
    """One tenant to sign in at: how, with which application, for which scope.

    `account` is the only one that may sign in, empty for any; `permission` is what the token must carry, if anything.
    """

    method: Method
    environment: Environment
    tenant_id: str
    tenant_name: str
    application: Application
    scope: str
    permission: str | None
    account: str = ""
    needs_mfa: bool = False


def place_of(profile: ConnectionProfile, organization: Organization | None) -> Place:
    """Return where a person signs in for a personal profile (its partner loaded): the partner's tenant if delegated.

    Otherwise the organization's own. Raises `SignInRefused`, `NoUsableCertificate` or `EnvironmentRefused`.
    """
    method = Method(profile.method)
    check_profile(profile)
    home = profile.partner if profile.delegation else organization
    if home is None:
        raise SignInRefused(
            "No organization is chosen", "Choose the organization in which you have an account, then sign in."
        )
    if not profile.delegation and organization is not None and organization.partner_id != profile.partner_id:
        raise SignInRefused(
            f"{organization} is a customer of another partner than that of the connection profile “{profile}”",
            f"Choose an organization of {profile.partner}, or a profile of the organization's own partner.",
        )
    if profile.environment not in ("", home.environment):
        raise SignInRefused(
            f"{home} is in another cloud than the connection profile “{profile}”",
            f"Choose a profile for {home.environment}.",
        )
    environment = environment_named(home.environment)
    return Place(
        method=method,
        environment=environment,
        tenant_id=str(home.tenant_id),
        tenant_name=home.name,
        application=_application_of(profile, method),
        scope=environment.exchange_scope,
        permission=DELEGATED_PERMISSION,
        account=profile.user_principal_name,
    )


def check_profile(profile: ConnectionProfile) -> None:
    """Raise `SignInRefused` unless people may sign in as themselves with a profile (its partner loaded)."""
    method = Method(profile.method)
    if profile.retired_at is not None:
        raise SignInRefused(f"The connection profile “{profile}” was retired", "Choose another connection profile.")
    if not method.is_personal:
        raise SignInRefused(
            f"Nobody signs in as himself with “{profile}”",
            "It connects by itself. Choose a profile with an interactive sign-in or a device code.",
        )
    if method.uses_password and not profile.partner.allows_passwords:
        raise SignInRefused(
            f"User name and password are not allowed for {profile.partner}",
            "Choose a profile with an interactive sign-in, or ask an administrator to allow passwords.",
        )


def service_account_place(partner: Partner) -> Place:
    """Return where the partner's service account signs in: exchange-protocol.md 2.4, step A."""
    published = ENVIRONMENTS[partner.environment]
    return Place(
        method=Method.DELEGATED,
        environment=environment_named(partner.environment),
        tenant_id=str(partner.tenant_id),
        tenant_name=partner.name,
        application=application_with(choose_certificate(partner).pk),
        scope=f"{published.partner_center_url or published.graph_url}/.default",
        permission=None,
        needs_mfa=True,
    )


def _application_of(profile: ConnectionProfile, method: Method) -> Application:
    if method is Method.INTERACTIVE:
        certificate = choose_certificate(profile.partner, app_registration=profile.app_registration)
        return application_with(certificate.pk)
    return Application(EXCHANGE_MODULE_CLIENT, certificate=None)
