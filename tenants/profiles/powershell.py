"""The PowerShell that a connection stands for: connect, run, always disconnect.

Parameters are those of the pages of `Connect-ExchangeOnline` and `Connect-IPPSSession`. Security & Compliance has no
switch for a device code or a managed identity: there the line hands in a token that was got the same way. Secrets are
placeholders or asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.core.powershell_text import indented, quoted
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.profiles.facts import ProfileFacts
from tenants.profiles.methods import Method

COMPLIANCE = "scc"
TEST_CMDLETS: Mapping[str, str] = {
    # The documented sign of being connected; its answer names the organization by its domains.
    "exo": "Get-AcceptedDomain",
    # Lists alert policies, no content of the customer; View-Only Manage Alerts is part of each of the five roles that
    # app-only access to Security & Compliance accepts (exchange-protocol.md 4.6).
    "scc": "Get-ProtectionAlert",
}
"""Per service, what a connection is tested and shown with: one read that every accepted role has, taking nothing."""

# exchange-protocol.md 1.1 and the page of Connect-IPPSSession: it has no -ExchangeEnvironmentName.
_COMPLIANCE_CONNECTION_URIS = {
    "O365USGovGCCHigh": "https://ps.compliance.protection.office365.us/powershell-liveid/",
    "O365USGovDoD": "https://l5.ps.compliance.protection.office365.us/powershell-liveid/",
    "O365China": "https://ps.compliance.protection.partner.outlook.cn/powershell-liveid",
}
_DEFAULT = "O365Default"

Arguments = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a line connects to; `organization` is a PowerShell expression for the initial domain."""

    service: str
    environment: str
    organization: str

    @property
    def for_compliance(self) -> bool:
        """Whether it is Security & Compliance."""
        return self.service == COMPLIANCE

    @property
    def audience(self) -> str:
        """The service that a token is for."""
        environment = ENVIRONMENTS[self.environment]
        scope = environment.compliance_scope if self.for_compliance else environment.exchange_scope
        return (scope or "").removesuffix("/.default")


def script(facts: ProfileFacts, *, service: str, environment: str, domain: str) -> str:
    """Return a whole script for one organization, named by its initial domain, with the cmdlet of a connection test."""
    before, connect = connection(facts, Target(service, environment, quoted(domain)))
    return "\n".join((*before, connect, guarded(TEST_CMDLETS[service])))


def guarded(cmdlet_lines: str, *, on_error: str = "") -> str:
    """Return cmdlets after which the connection is closed on every path; `on_error` is done when one throws."""
    caught = f"catch {{\n{indented(on_error)}\n}}\n" if on_error else ""
    closed = f"finally {{\n{indented('Disconnect-ExchangeOnline -Confirm:$false')}\n}}"
    return f"try {{\n{indented(cmdlet_lines)}\n}}\n{caught}{closed}"


def connection(facts: ProfileFacts, target: Target) -> tuple[list[str], str]:
    """Return what must come before the connecting line, once for all organizations, and that line."""
    before, arguments = _identity(facts, target)
    words = [f"-{name} {value}".rstrip() for name, value in (*arguments, *_cloud(facts, target))]
    cmdlet = "Connect-IPPSSession" if target.for_compliance else "Connect-ExchangeOnline"
    return before, " ".join((cmdlet, *words, *_unattended(facts, target)))


def _identity(facts: ProfileFacts, target: Target) -> tuple[list[str], Arguments]:
    method = facts.way
    if method.is_by_certificate:
        return _certificate(facts, target)
    if method is Method.ACCESS_TOKEN:
        return _token(target, "Read-Host -Prompt 'Access token'")
    if target.for_compliance and (method.is_managed_identity or method is Method.DEVICE):
        kind = "device-code sign-in" if method is Method.DEVICE else "managed identity"
        return _token(target, quoted(f"<access token of the {kind} for {target.audience}>"))
    if method.is_managed_identity:
        account = [("ManagedIdentityAccountId", quoted(facts.managed_identity))] if facts.managed_identity else []
        return [], [("ManagedIdentity", ""), *account, ("Organization", target.organization)]
    before, arguments = _account(facts, target)
    if facts.delegation:
        arguments.append(("DelegatedOrganization", target.organization))
    return before, arguments


def _certificate(facts: ProfileFacts, target: Target) -> tuple[list[str], Arguments]:
    application = ("AppId", quoted(facts.application_id or "<application id>"))
    organization = ("Organization", target.organization)
    thumbprint = facts.thumbprint or "<thumbprint>"
    if facts.way is Method.APP_CERTIFICATE_FILE:
        asked = "(Read-Host -AsSecureString -Prompt 'Password of the certificate file')"
        file = [("CertificateFilePath", quoted("<certificate file>.pfx")), ("CertificatePassword", asked)]
        return [], [application, *file, organization]
    if facts.way is Method.APP_CERTIFICATE_OBJECT:
        stored = quoted(f"Cert:\\CurrentUser\\My\\{thumbprint}")
        return [f"$certificate = Get-Item {stored}"], [application, ("Certificate", "$certificate"), organization]
    return [], [application, ("CertificateThumbprint", quoted(thumbprint)), organization]


def _token(target: Target, value: str) -> tuple[list[str], Arguments]:
    return [f"$accessToken = {value}"], [("AccessToken", "$accessToken"), ("Organization", target.organization)]


def _account(facts: ProfileFacts, target: Target) -> tuple[list[str], Arguments]:
    name = quoted(facts.user_principal_name or "<user principal name>")
    if facts.way is Method.DEVICE:
        return [], [("Device", "")]
    if facts.way is Method.INLINE_CREDENTIAL and not target.for_compliance:
        return [], [("InlineCredential", "")]
    if facts.way.uses_password:
        return [f"$credential = Get-Credential -UserName {name} -Message 'Password'"], [("Credential", "$credential")]
    return [], [("UserPrincipalName", name)]


def _cloud(facts: ProfileFacts, target: Target) -> Arguments:
    national = target.environment != _DEFAULT
    if not target.for_compliance:
        return [("ExchangeEnvironmentName", target.environment)] if national else []
    login = ENVIRONMENTS[target.environment].login_url
    address = [("ConnectionUri", quoted(_COMPLIANCE_CONNECTION_URIS[target.environment]))] if national else []
    if facts.delegation:  # Security & Compliance asks the organization's own authority only when told to
        return [*address, ("AzureADAuthorizationEndpointUri", f"({quoted(f'{login}/')} + {target.organization})")]
    return [*address, ("AzureADAuthorizationEndpointUri", quoted(f"{login}/organizations"))] if national else []


def _unattended(facts: ProfileFacts, target: Target) -> list[str]:
    """Return the switches that the documentation recommends for scripts without a person."""
    alone = not facts.way.is_personal and not target.for_compliance
    return ["-ShowBanner:$false", *(["-SkipLoadingFormatData"] if alone else [])]
