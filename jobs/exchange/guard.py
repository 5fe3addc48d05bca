"""What every send of a connection must agree with (exchange-protocol.md 2.5, 6.3)."""

from dataclasses import dataclass
from datetime import datetime

from jobs.exchange import disturbances
from jobs.exchange.cookies import OrganizationCookies
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.routing import is_allowed, names_tenant
from jobs.exchange.spec import ConnectionSpec, Token
from tenants.tokens.failures import TokenFailure
from tenants.tokens.guards import check_token
from tenants.tokens.local_explanations import WRONG_ORGANIZATION


@dataclass(frozen=True, slots=True)
class Guard:
    """One organization, one service, one kind of identity, fixed before the first byte leaves.

    `scope` names the audience that a token must be for; `permission` is what it must carry, None if Microsoft documents
    none for the service; `allowed_hosts` are the only ones that may receive it.
    """

    tenant_id: str
    initial_domain: str
    scope: str
    permission: str | None
    allowed_hosts: frozenset[str]

    @classmethod
    def of(cls, spec: ConnectionSpec) -> "Guard":
        """Return the guard of a connection."""
        return cls(spec.tenant_id.lower(), spec.initial_domain.lower(), spec.scope, spec.permission, spec.allowed_hosts)

    def check(self, url: str, token: Token, anchor: str, cookies: OrganizationCookies, now: datetime) -> None:
        """Refuse what does not belong together: token, address, anchor mailbox and cookies. Raises `CallFailed`."""
        self.check_token(token, now)
        if not is_allowed(url, self.allowed_hosts):
            raise CallFailed(disturbances.REDIRECT_REFUSED, ran=Ran.NO, detail=f"{url[:200]} is not allowed")
        if not names_tenant(url, self.tenant_id):
            raise _wrong_organization("the address names another tenant")
        self.check_anchor(anchor)
        if cookies.tenant_id.lower() != self.tenant_id:
            raise _wrong_organization("the cookies belong to another organization")

    def check_token(self, token: Token, now: datetime) -> None:
        """Refuse a token of another tenant or service, without the permission, or about to end."""
        try:
            check_token(token, tenant_id=self.tenant_id, scope=self.scope, now=now, permission=self.permission)
        except TokenFailure as failure:
            raise CallFailed(failure.explanation, ran=Ran.NO, detail=failure.text) from None

    def check_anchor(self, anchor: str) -> None:
        """Refuse an anchor mailbox that names no organization, or another one."""
        owner = anchor.rpartition("@")[2].lower()
        if not owner:
            raise CallFailed(disturbances.INITIAL_DOMAIN_MISSING, ran=Ran.NO)
        if owner not in (self.tenant_id, self.initial_domain):
            raise _wrong_organization("the anchor mailbox belongs to another organization")


def _wrong_organization(detail: str) -> CallFailed:
    return CallFailed(WRONG_ORGANIZATION, ran=Ran.NO, detail=detail)
