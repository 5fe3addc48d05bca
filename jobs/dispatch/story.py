"""What is known of an attempt while it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs.catalogue.secret_values import SecretValue
from jobs.dispatch.claims import Claim
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.plans import FrozenPlan
from jobs.exchange.answer import Answer, Exchange
from jobs.runs.states import TargetState
from jobs.runs.steps import Step
from jobs.throttling.signs import Sign
from portal.audit.services import Object
from portal.core.authority import Decision
from tenants.organizations.services import Finding
from tenants.profiles.access import Access
from tenants.tokens.failures import TokenFailure


@dataclass(frozen=True, slots=True)
class Way:
    """What to send, and how to get in; `secrets` are the opened values of secret parameters, by step."""

    plan: FrozenPlan
    access: Access
    secrets: Mapping[int, Mapping[str, SecretValue]]


@dataclass(slots=True)
class Sending:
    """One step of an attempt: what was sent, and what came of it; times are aware UTC.

    `intended_at` is when the promise to send was committed, `checked_at` when it was last asked whether it may be sent
    (on the monotonic clock). `exchanges` is everything that went over the wire for it, for the first step of an attempt
    also the opening.
    """

    position: int
    cmdlet: str
    client_request_id: str = ""
    checked_at: float = 0.0
    intended_at: datetime | None = None
    answered_at: datetime | None = None
    answer: Answer | None = None
    exchanges: list[Exchange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EndedStep:
    """A step that ended while the organization goes on with the next."""

    sending: Sending
    ending: Ending


@dataclass(slots=True)
class Story:
    """One attempt so far; times are aware UTC.

    `application_id` is the client id with which tokens were asked for, `permissions` what the token carried: none when
    none was issued; `was_issued_token` says that the login host issued one now, `token_refusal` why it did not, for a
    reason of the identity's own. `sign` is what the organization showed of its health. `way` is None where there is
    none; `sendings` are the steps so far, `ended` those whose end is not stored yet; `offered` are all cmdlets that a
    connection test was told of; `answered_by_another` are the domains of another organization that answered in place of
    this one.
    """

    claimed: Claim
    way: Way | None = None
    sendings: list[Sending] = field(default_factory=list)
    ended: list[EndedStep] = field(default_factory=list)
    has_failed_steps: bool = False
    application_id: str = ""
    permissions: Sequence[str] = ()
    connected_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    finding: Finding | None = None
    sign: Sign | None = None
    token_refusal: TokenFailure | None = None
    was_issued_token: bool = False
    compliance_host: str = ""
    offered: frozenset[str] = frozenset()
    answered_by_another: Sequence[str] | None = None
    detected_environment: str = ""
    denial: Decision | None = None

    def __post_init__(self) -> None:
        self.has_failed_steps = self.claimed.has_failed_steps
        self.begin_step(self.claimed.step)

    @property
    def sending(self) -> Sending:
        """The present step."""
        return self.sendings[-1]

    @property
    def step(self) -> Step | None:
        """The present step of the plan; None where there is no way in."""
        return self.way.plan.step(self.sending.position) if self.way else None

    @property
    def has_steps(self) -> bool:
        """Whether the plan has several steps."""
        return self.way is not None and len(self.way.plan.steps) > 1

    def begin_step(self, position: int) -> None:
        """Go on with the step at `position`."""
        cmdlet = self.way.plan.step(position).cmdlet if self.way else self.claimed.cmdlet
        self.sendings.append(Sending(position, cmdlet))

    def end_step(self, ending: Ending) -> None:
        """Keep how the present step ended, to be stored before the next is sent, and go on with the next."""
        self.ended.append(EndedStep(self.sending, ending))
        self.has_failed_steps |= ending.state is not TargetState.SUCCEEDED
        self.begin_step(self.sending.position + 1)

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

    def told(self, sending: Sending) -> dict[str, object]:
        """Return what every audit event about a step says first."""
        of_steps = {"step": sending.position} if self.has_steps else {}
        return {"cmdlet": sending.cmdlet, **of_steps, "on_behalf_of": self.claimed.requested_by}
