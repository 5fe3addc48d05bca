"""What a connection is bound to: one organization, one service, one identity, for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from portal.core.secrets.secret import Secret
from tenants.tokens.guards import APP_PERMISSION, DELEGATED_PERMISSION, Claims

Service = Literal["exo", "scc"]

# System mailboxes that exist in every organization (exchange-protocol.md 3.3).
_ORGANIZATION_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"
_AUDIT_MAILBOX = "SystemMailbox{8cc370d3-822a-4ab8-a926-bb94bd0641a9}"

DEFAULT_READ_TIMEOUT = 960.0  # seconds; Exchange itself gives up after 15 minutes (exchange-protocol.md 3.8)
_READ_TIMEOUTS: Mapping[str, float] = {
    "get-distributiongroupmember": 3600.0,
    "update-distributiongroupmember": 3600.0,
    "import-transportrulecollection": 3600.0,
    "set-unifiedgroup": 3600.0,
    "set-organizationconfig": 1800.0,
    "update-rolegroupmember": 1800.0,
}


class Token(Claims, Protocol):
    """The part of an access token that a connection reads."""

    @property
    def value(self) -> Secret[str]:
        """The bearer token itself."""


class AcquireToken(Protocol):
    """Returns a token for the connection's organization and service, kept or new; called before every request.

    `claims` is the JSON of a claims challenge, or `{}` for a new token without particular claims; both must fetch a new
    one. Raises `tenants.tokens.failures.TokenFailure`.
    """

    def __call__(self, claims: str | None, /) -> Token:
        """Return a token."""


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """Everything that says where a connection goes. Times in seconds, sizes in bytes.

    `tenant_id` is a GUID; `initial_domain` may be empty for "exo" only; `base_url` and `scope` are the environment's
    for the service and `allowed_hosts` its list (`tenants.microsoft.environments.Environment`). `regional_host` is
    where Security & Compliance was found last time (origin of a URL), empty if it has to be discovered. `read_timeout`
    replaces the time limit of every cmdlet.
    """

    tenant_id: str
    initial_domain: str
    service: Service
    base_url: str
    scope: str
    allowed_hosts: frozenset[str]
    app_only: bool
    regional_host: str = ""
    page_size: int = 1000
    connect_timeout: float = 10.0
    read_timeout: float | None = None
    ca_file: str | None = None
    largest_body: int = 256 * 1024 * 1024
    most_pages: int = 5000

    @property
    def permission(self) -> str | None:
        """What a token must carry for Exchange; no permission is documented for Security & Compliance."""
        if self.service == "scc":
            return None
        return APP_PERMISSION if self.app_only else DELEGATED_PERMISSION

    def anchor(self, cmdlet: str = "") -> str:
        """Return the `X-AnchorMailbox` of a cmdlet (exchange-protocol.md 3.3); the same for every page of a read."""
        if self.service == "scc":
            # S&C finds its region only by a name at the initial domain.
            user = "OAuthUser" if self.app_only else _ORGANIZATION_MAILBOX
            return f"UPN:{user}@{self.initial_domain}"
        mailbox = _AUDIT_MAILBOX if cmdlet.lower() == "set-adminauditlogconfig" else _ORGANIZATION_MAILBOX
        return f"APP:{mailbox}@{self.tenant_id}"

    def time_limit(self, cmdlet: str) -> float:
        """Return how many seconds the cmdlet may take."""
        return self.read_timeout or _READ_TIMEOUTS.get(cmdlet.lower(), DEFAULT_READ_TIMEOUT)
