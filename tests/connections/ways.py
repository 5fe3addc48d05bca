"""The table of every way in: method, right, service, environment, and who answers for the identity."""

from collections.abc import Iterator
from dataclasses import dataclass

from tenants.microsoft.environments import ENVIRONMENTS
from tenants.profiles.methods import BY_CERTIFICATE, BY_PASSWORD, Delegation, Method

OPEN = [name for name, environment in ENVIRONMENTS.items() if not environment.closed]
WORLDWIDE = "O365Default"
READS = {"exo": "Get-AcceptedDomain", "scc": "Get-ComplianceCase"}


@dataclass(frozen=True)
class Way:
    """One row; `source` tells managed identities apart, and tokens handed in of an application from an account's."""

    method: Method
    service: str
    environment: str
    delegation: Delegation = Delegation.NONE
    source: str = ""

    def __str__(self) -> str:
        through = self.delegation or self.source
        return "-".join(filter(None, (self.method, through, self.service, self.environment)))

    @property
    def is_app_only(self) -> bool:
        """Whether no person stands behind it."""
        return self.method.is_by_certificate or self.method.is_managed_identity or self.source == "application"


def every_way() -> Iterator[Way]:
    """Every method with every service in every environment where it exists."""
    for environment in OPEN:
        for service in ("exo", "scc"):
            if service == "exo" or ENVIRONMENTS[environment].compliance_scope:
                yield from _everywhere(service, environment)
    for service in ("exo", "scc"):
        yield from _worldwide(service)


def _everywhere(service: str, environment: str) -> Iterator[Way]:
    """Identities of the organization itself, or that are known in it."""
    for method in (*sorted(BY_CERTIFICATE), Method.INTERACTIVE, Method.DEVICE, *sorted(BY_PASSWORD)):
        yield Way(method, service, environment)
    for method in (Method.MANAGED_IDENTITY_SYSTEM, Method.MANAGED_IDENTITY_USER):
        yield Way(method, service, environment, source="imds")
    yield Way(Method.ACCESS_TOKEN, service, environment, source="application")


def _worldwide(service: str) -> Iterator[Way]:
    """What only the worldwide cloud has: rights of the partner, and guests of it (exchange-protocol.md 1.1)."""
    for delegation in (Delegation.GDAP, Delegation.CSP, Delegation.GUEST):
        for method in (Method.DELEGATED, Method.INTERACTIVE, Method.DEVICE):
            yield Way(method, service, WORLDWIDE, delegation)
    for method in sorted(BY_PASSWORD):
        yield Way(method, service, WORLDWIDE, Delegation.GDAP)
    yield Way(Method.ACCESS_TOKEN, service, WORLDWIDE, source="account")
    for method in (Method.MANAGED_IDENTITY_SYSTEM, Method.MANAGED_IDENTITY_USER):
        yield Way(method, service, WORLDWIDE, source="app service")
    yield Way(Method.MANAGED_IDENTITY_SYSTEM, service, WORLDWIDE, source="arc")
