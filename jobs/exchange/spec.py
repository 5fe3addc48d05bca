"""What a connection is bound to: one organization, one service, one identity, for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

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


class Token(Protocol):
    """The part of an access token that a connection reads."""

    @property
    def value(self) -> str:
        """The bearer token itself."""

    @property
    def tenant_id(self) -> str:
        """The tenant that the token is for."""

    @property
    def expires_at(self) -> datetime:
        """When it ends, aware UTC."""


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

    `tenant_id` is a GUID; `initial_domain` may be empty for "exo" only; `base_url` is the environment's Exchange or
    compliance URL; `allowed_hosts` as in `tenants.microsoft.environments.Environment`; `read_timeout` replaces the time
    limit of every cmdlet.
    """

    tenant_id: str
    initial_domain: str
    service: Service
    base_url: str
    allowed_hosts: frozenset[str]
    app_only: bool
    page_size: int = 1000
    connect_timeout: float = 10.0
    read_timeout: float | None = None
    ca_file: str | None = None
    largest_body: int = 256 * 1024 * 1024
    most_pages: int = 5000

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
