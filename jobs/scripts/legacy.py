"""What in a script no longer works, why it ended, and the line that takes its place."""

from dataclasses import asdict, dataclass

from jobs.scripts.connections import LEGACY_WAYS, ScriptConnection, Way
from jobs.scripts.environments import DEFAULT, compliance_address
from jobs.scripts.found import Call
from jobs.scripts.signatures import VARIABLE
from portal.core.powershell_text import quoted

_SESSIONS = "Microsoft ended remote PowerShell sessions in 2023: everything goes over REST now."
_BASIC = f"Exchange Online refuses Basic authentication since 2022. {_SESSIONS}"
_TOKEN = (
    "BasicAuthToOAuthConversion carried a token in the place of a password through the doors of Basic authentication, "
    f"which are closed. {_SESSIONS}"
)
_OLD_MODULE = f"The first module (Connect-EXOPSSession) opens remote PowerShell sessions. {_SESSIONS}"
_IMPORT = f"There is no session left to import: the module brings the cmdlets itself. {_SESSIONS}"
_REMOVE = "A connection of the module is no session: Remove-PSSession leaves it open."
CLOSE = "Disconnect-ExchangeOnline -Confirm:$false"
"""The line that closes every connection of the module."""


@dataclass(frozen=True, slots=True)
class Legacy:
    """One thing that has ended; `modern` is the line that takes its place, with placeholders in quotes."""

    line: int
    what: str
    why: str
    modern: str

    def as_json(self) -> dict[str, object]:
        """Return it as the command line prints it."""
        return asdict(self)


def legacy_connection(connection: ScriptConnection) -> Legacy | None:
    """Return what is legacy about a connection, or None."""
    if connection.method in LEGACY_WAYS:
        token = connection.method == Way.LEGACY_OAUTH_TOKEN
        what = "New-PSSession with a token as password" if token else "New-PSSession with Basic authentication"
        return Legacy(connection.line, what, _TOKEN if token else _BASIC, modern_line(connection))
    if connection.command == "Connect-EXOPSSession":
        return Legacy(connection.line, connection.command, _OLD_MODULE, modern_line(connection))
    if connection.given.has("UseRPSSession"):
        return Legacy(connection.line, f"{connection.command} -UseRPSSession", _SESSIONS, modern_line(connection))
    return None


def legacy_call(call: Call, command: str, connections: list[ScriptConnection]) -> Legacy | None:
    """Return what is legacy about a command on a session (`command` in lower case), or None."""
    if command == "remove-pssession":
        return Legacy(call.line, "Remove-PSSession", _REMOVE, CLOSE)
    if command == "import-pssession":
        before = [connection for connection in connections if connection.line <= call.line] or connections
        modern = modern_line(before[-1]) if before else "Import-Module ExchangeOnlineManagement"
        return Legacy(call.line, "Import-PSSession", _IMPORT, modern)
    return None


def modern_line(connection: ScriptConnection) -> str:
    """Return the line that connects to the same organization today, with what is known of it."""
    compliance = connection.service == "scc"
    words = ["Connect-IPPSSession" if compliance else "Connect-ExchangeOnline", *_identity(connection)]
    if connection.environment not in (DEFAULT, VARIABLE):
        words += _cloud(connection.environment, compliance=compliance)
    return " ".join((*words, "-ShowBanner:$false"))


def _identity(connection: ScriptConnection) -> list[str]:
    """Return who signs in: the application where a password did, as nobody sits in front of such a script."""
    if connection.method in (Way.INTERACTIVE, Way.UNKNOWN) or connection.delegated_organization:
        words = ["-UserPrincipalName", _known(connection.user_principal_name, "admin@partner.example")]
        if connection.delegated_organization:
            words += ["-DelegatedOrganization", _known(connection.delegated_organization, "customer.onmicrosoft.com")]
        return words
    return [
        *("-AppId", _known(connection.app_id, "application id")),
        *("-CertificateThumbprint", quoted("thumbprint of its certificate")),
        *("-Organization", _known(connection.organization, "customer.onmicrosoft.com")),
    ]


def _cloud(environment: str, *, compliance: bool) -> list[str]:
    if not compliance:
        return ["-ExchangeEnvironmentName", environment]
    connect, sign_in = compliance_address(environment)
    words = ["-ConnectionUri", quoted(connect)] if connect else []
    return [*words, "-AzureADAuthorizationEndpointUri", quoted(sign_in)] if sign_in else words


def _known(text: str | None, placeholder: str) -> str:
    return quoted(placeholder if text in (None, "", VARIABLE) else str(text))
