"""The connections that a script makes: by which method, to which service, cloud and organization, as whom."""

from dataclasses import dataclass, field
from enum import StrEnum

from jobs.scripts.environments import address_host, environment_of, is_cloud, is_compliance
from jobs.scripts.found import Call
from jobs.scripts.signatures import VARIABLE, Given


class Way(StrEnum):
    """How a script gets in: the connection methods, and what no longer works."""

    INTERACTIVE = "interactive"
    DEVICE = "device"
    CREDENTIAL = "credential"
    INLINE_CREDENTIAL = "inline_credential"
    CERTIFICATE_THUMBPRINT = "app_certificate_thumbprint"
    CERTIFICATE_FILE = "app_certificate_file"
    CERTIFICATE_OBJECT = "app_certificate_object"
    MANAGED_IDENTITY_SYSTEM = "managed_identity_system"
    MANAGED_IDENTITY_USER = "managed_identity_user"
    ACCESS_TOKEN = "access_token"  # noqa: S105 - the name of a method
    LEGACY_BASIC = "legacy_basic"
    LEGACY_OAUTH_TOKEN = "legacy_oauth_token"  # noqa: S105 - the name of a method
    UNKNOWN = "unknown"


LEGACY_WAYS = (Way.LEGACY_BASIC, Way.LEGACY_OAUTH_TOKEN)
_BY_PARAMETER = (
    ("AccessToken", Way.ACCESS_TOKEN),
    ("ManagedIdentityAccountId", Way.MANAGED_IDENTITY_USER),
    ("ManagedIdentity", Way.MANAGED_IDENTITY_SYSTEM),
    ("CertificateThumbprint", Way.CERTIFICATE_THUMBPRINT),
    ("CertificateFilePath", Way.CERTIFICATE_FILE),
    ("Certificate", Way.CERTIFICATE_OBJECT),
    ("Credential", Way.CREDENTIAL),
    ("InlineCredential", Way.INLINE_CREDENTIAL),
    ("Device", Way.DEVICE),
)
COMMANDS = ("connect-exchangeonline", "connect-ippssession", "connect-exopssession", "new-pssession")
"""The commands that open a connection, in lower case."""


@dataclass(frozen=True)
class ScriptConnection:
    """One connection of a script; texts are constants, `<variable>`, or None when nothing is given."""

    method: Way
    service: str
    environment: str
    delegated_organization: str | None
    organization: str | None
    app_id: str | None
    user_principal_name: str | None
    line: int
    command: str
    call: Call = field(repr=False)
    given: Given = field(repr=False)

    @property
    def is_session(self) -> bool:
        """Whether it opens a remote PowerShell session, which Remove-PSSession closes."""
        return self.command in ("Connect-EXOPSSession", "New-PSSession") or self.given.has("UseRPSSession")

    def as_json(self) -> dict[str, object]:
        """Return it as the command line prints it."""
        return {
            "method": str(self.method),
            "service": self.service,
            "environment": self.environment,
            "delegated_organization": self.delegated_organization,
            "organization": self.organization,
            "app_id": self.app_id,
            "user_principal_name": self.user_principal_name,
            "line": self.line,
        }


def connection_of(call: Call, command: str, given: Given) -> ScriptConnection | None:
    """Return the connection that a command opens; None for a session that is none of Exchange Online."""
    if command == "New-PSSession" and not _is_exchange_online(given):
        return None
    method = _legacy_way(given) if command == "New-PSSession" else _way(given)
    return ScriptConnection(
        method=method,
        service="scc"
        if command == "Connect-IPPSSession" or is_compliance(address_host(given, "ConnectionUri"))
        else "exo",
        environment=environment_of(given),
        delegated_organization=_delegated(given),
        organization=given.text("Organization"),
        app_id=given.text("AppId"),
        user_principal_name=given.text("UserPrincipalName"),
        line=call.line,
        command=command,
        call=call,
        given=given,
    )


def _way(given: Given) -> Way:
    for parameter, method in _BY_PARAMETER:
        if given.has(parameter):
            return method
    if given.is_open or given.has("AppId"):
        return Way.UNKNOWN
    return Way.INTERACTIVE


def _legacy_way(given: Given) -> Way:
    if given.is_open and "ConnectionUri" not in given.values:
        return Way.UNKNOWN
    address = f"{given.text('ConnectionUri')} {given.sources.get('ConnectionUri', '')}"
    return Way.LEGACY_OAUTH_TOKEN if "basicauthtooauthconversion" in address.lower() else Way.LEGACY_BASIC


def _is_exchange_online(given: Given) -> bool:
    """Whether New-PSSession goes to Microsoft's cloud, and not to a server of one's own."""
    if given.is_open and not {"ConnectionUri", "ComputerName"} & given.values.keys():
        return True
    configuration = (given.text("ConfigurationName") or "").lower()
    host = address_host(given, "ConnectionUri")
    if host:
        return is_cloud(host) and (not configuration or configuration in ("microsoft.exchange", VARIABLE))
    kerberos = (given.text("Authentication") or "").lower() == "kerberos"
    return configuration == "microsoft.exchange" and "ConnectionUri" in given.values and not kerberos


def _delegated(given: Given) -> str | None:
    """Return the customer organization, also from `?DelegatedOrg=` in an address."""
    named = given.text("DelegatedOrganization")
    if named is not None:
        return named
    address = given.text("ConnectionUri") or ""
    if address == VARIABLE:
        address = given.sources.get("ConnectionUri", "")
    _, found, rest = address.lower().partition("delegatedorg=")
    if not found:
        return None
    value = rest.partition("&")[0].strip("\"') ")
    return VARIABLE if "$" in value or not value else value
