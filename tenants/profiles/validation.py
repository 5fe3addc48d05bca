"""Which connection profiles make sense."""

from dataclasses import dataclass, replace

from django.utils import timezone

from portal.core.refusals import Refused
from tenants.app_registrations.models import AppRegistration
from tenants.microsoft.environments import EnvironmentRefused, require_open
from tenants.profiles.certificates import choose_certificate
from tenants.profiles.methods import Delegation, Method, ProfileService
from tenants.profiles.microsoft import environment_named
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.refusals import NoUsableCertificate
from tenants.tokens.access_token import AccessToken
from tenants.tokens.failures import TokenFailure
from tenants.tokens.guards import check_token
from tenants.tokens.handed_in import permission_needed


class ProfileRefused(Refused):
    """The connection profile makes no sense; the message says what to do, `field` names where (empty: everywhere)."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class ProfileValues:
    """What a person says of a connection profile; what does not apply to the method is dropped."""

    name: str
    method: Method
    service: ProfileService = ProfileService.BOTH
    environment: str = ""
    delegation: Delegation = Delegation.NONE
    app_registration: AppRegistration | None = None
    thumbprint: str = ""
    user_principal_name: str = ""
    managed_identity: str = ""
    access_token: str = ""
    note: str = ""


def checked(profile: ConnectionProfile, values: ProfileValues) -> tuple[ProfileValues, AccessToken | None]:
    """Return what is to be stored, and a new access token if one was handed in; raises `ProfileRefused`."""
    values = _only_what_applies(values)
    _check_name(profile, values.name)
    _check_environment(values)
    _check_method(profile, values)
    return values, _token(profile, values)


def _only_what_applies(values: ProfileValues) -> ProfileValues:
    method = values.method
    by_application = method.is_by_certificate or method in (Method.DELEGATED, Method.INTERACTIVE)
    return replace(
        values,
        name=values.name.strip(),
        delegation=values.delegation if method.may_be_delegated else Delegation.NONE,
        app_registration=values.app_registration if by_application else None,
        thumbprint=values.thumbprint.strip().upper() if method.is_by_certificate else "",
        user_principal_name=values.user_principal_name.strip() if method.is_personal else "",
        managed_identity=values.managed_identity.strip() if method is Method.MANAGED_IDENTITY_USER else "",
        access_token=values.access_token.strip() if method is Method.ACCESS_TOKEN else "",
        note=values.note.strip(),
    )


def _check_name(profile: ConnectionProfile, name: str) -> None:
    if not name:
        raise ProfileRefused("Give the connection profile a name.", "name")
    same = ConnectionProfile.objects.filter(partner=profile.partner, name__iexact=name, retired_at=None)
    if same.exclude(pk=profile.pk).exists():
        raise ProfileRefused(f"There is a connection profile “{name}” already. Choose another name.", "name")


def _check_environment(values: ProfileValues) -> None:
    if not values.environment:
        return
    try:
        environment = require_open(values.environment)
    except EnvironmentRefused as refusal:
        raise ProfileRefused(str(refusal), "environment") from refusal
    if environment.compliance_scope is None and values.service is ProfileService.COMPLIANCE:
        raise ProfileRefused(
            f"How to sign in to Security & Compliance in {environment.name} is not known. Choose Exchange Online.",
            "service",
        )


def _check_method(profile: ConnectionProfile, values: ProfileValues) -> None:
    method = values.method
    if method.uses_password and not profile.partner.allows_passwords:
        raise ProfileRefused(
            f"User name and password are a legacy way to connect and not allowed for {profile.partner}. "
            "An administrator can allow them on the partner's page.",
            "method",
        )
    if method is Method.DELEGATED and not values.delegation:
        raise ProfileRefused("Say by which right the service account gets in: GDAP, CSP or as a guest.", "delegation")
    if method is Method.MANAGED_IDENTITY_USER and not values.managed_identity:
        raise ProfileRefused("Give the client id of the user-assigned managed identity.", "managed_identity")
    if values.app_registration is not None and values.app_registration.partner_id != profile.partner_id:
        raise ProfileRefused("This app registration belongs to another partner.", "app_registration")
    if values.thumbprint:
        try:
            choose_certificate(profile.partner, values.thumbprint, app_registration=values.app_registration)
        except NoUsableCertificate as refusal:
            raise ProfileRefused(str(refusal), "thumbprint") from refusal


def _token(profile: ConnectionProfile, values: ProfileValues) -> AccessToken | None:
    if values.method is not Method.ACCESS_TOKEN:
        return None
    if not values.access_token and profile.sealed_access_token:
        return None
    token = AccessToken.parse(values.access_token)
    if not token.tenant_id:
        raise ProfileRefused(
            "This is no access token for an organization: it names no tenant. Paste the whole token: three parts with "
            "a dot between them, which begins with eyJ.",
            "access_token",
        )
    environment = environment_named(values.environment or profile.partner.environment)
    scopes = {"exo": environment.exchange_scope, "scc": environment.compliance_scope}
    failures = []
    for service, scope in scopes.items():
        if scope and values.service.covers(service):
            try:
                check_token(
                    token,
                    tenant_id=token.tenant_id,
                    scope=scope,
                    now=timezone.now(),
                    permission=permission_needed(token) if service == "exo" else None,
                )
            except TokenFailure as failure:
                failures.append(failure)
            else:
                return token
    explanation, said = failures[0].explanation, failures[0].text.rstrip(".")
    title = f"{explanation.title}: {said}" if said else explanation.title
    raise ProfileRefused(f"{title}. {explanation.fix}", "access_token")
