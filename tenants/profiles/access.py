"""The way into one organization: where, as whom, with which tokens."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from tenants.microsoft.environments import Environment
from tenants.profiles.methods import Method
from tenants.tokens.access_token import AccessToken


class Tokens(Protocol):
    """Where a connection gets its tokens from; asked before every request."""

    def acquire(self, organization_tenant_id: str, scope: str, *, claims: str | None = None) -> AccessToken:
        """Return a checked token; raises `TokenFailure`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs in, for people to read, and with which tokens.

    `sign_in_id` names the personal sign-in whose end forbids any further use. `application_id` is the client id of the
    app registration that is used, empty where none of the partner's is.
    """

    name: str
    tokens: Tokens
    is_app_only: bool = False
    sign_in_id: UUID | None = None
    application_id: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """Everything that a worker needs to connect to one organization; it asks the database nothing more.

    `compliance_host` is where Security & Compliance was found last time, empty if never.
    """

    profile_name: str
    method: Method
    environment: Environment
    tenant_id: str
    initial_domain: str
    identity: Identity
    compliance_host: str = ""
