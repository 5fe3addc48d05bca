"""What is known of an attempt while it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs.catalogue.secret_values import Secret
from jobs.dispatch.claims import Claim
from jobs.dispatch.plans import FrozenPlan
from jobs.exchange.answer import Answer, Exchange
from portal.audit.services import Object
from tenants.organizations.services import Finding
from tenants.profiles.access import Access


@dataclass(frozen=True, slots=True)
class Way:
    """What to send, and how to get in; `secrets` are the opened values of the plan's secret parameters."""

    plan: FrozenPlan
    access: Access
    secrets: Mapping[str, Secret]


@dataclass(slots=True)
class Story:
    """One attempt so far; times are aware UTC.

    `application_id` is the client id with which tokens were asked for, `permissions` what the token carried: none when
    none was issued. `way` is None where there is none; `offered` are all cmdlets that a connection test was told of;
    `answered_by_another` are the domains of another organization that answered in place of this one.
    """

    claimed: Claim
    way: Way | None = None
    application_id: str = ""
    permissions: Sequence[str] = ()
    connected_at: datetime | None = None
    intended_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    client_request_id: str = ""
    answer: Answer | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    finding: Finding | None = None
    compliance_host: str = ""
    offered: frozenset[str] = frozenset()
    answered_by_another: Sequence[str] | None = None
    detected_environment: str = ""

    def note_compliance_host(self, host: str) -> None:
        """Remember where Security & Compliance was found."""
        self.compliance_host = host

    def as_object(self) -> Object:
        """Return how audit events name the target."""
        return Object(
            "run target",
            str(self.claimed.run_target_id),
            self.claimed.organization_name,
            organization_id=self.claimed.organization_id,
            organization_name=self.claimed.organization_name,
            run_id=self.claimed.run_id,
        )
