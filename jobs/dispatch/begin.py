"""Beginning attempts: claim, find the plan and the way in, enter the connection into the ledger."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from jobs.catalogue.secret_values import Secret
from jobs.dispatch.claims import Claim, claim_targets
from jobs.dispatch.ledger import host_of
from jobs.dispatch.outcomes import Ending, ending_of_refusal
from jobs.dispatch.plans import FrozenPlan, frozen_plan
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import worker_actor, worker_name
from jobs.runs.models import Connection
from jobs.runs.plans import PlanChanged
from jobs.runs.secrets import SecretsErased, open_secrets
from portal.audit.actions import AuditAction
from portal.audit.services import draft, write
from portal.core.secrets import SecretUnreadable
from tenants.organizations.models import Organization
from tenants.profiles.accesses import Accesses, require_service
from tenants.profiles.methods import reached_through
from tenants.profiles.refusals import NoWayIn

Begun = tuple[Story, Way | Ending]


def begin(run_target_ids: Sequence[UUID]) -> list[Begun | None]:
    """Begin an attempt at each target that can be claimed, in the present transaction; None for the others."""
    claims = claim_targets(run_target_ids)
    organizations = Organization.objects.select_related("partner").in_bulk(
        [claim.organization_id for claim in claims.values()]
    )
    ways = Ways()
    begun = {
        key: _begun(claim, ways.find(claim, organizations[claim.organization_id])) for key, claim in claims.items()
    }
    Connection.objects.bulk_create(
        _ledger_row(story.claimed, way) for story, way in begun.values() if isinstance(way, Way)
    )
    write(
        [
            draft(
                AuditAction.RUN_TARGET_CLAIMED,
                actor=worker_actor(),
                target=story.as_object(),
                data={
                    "cmdlet": story.claimed.cmdlet,
                    "on_behalf_of": story.claimed.requested_by,
                    "attempt": story.claimed.attempt_number,
                    "fence": story.claimed.fence,
                },
            )
            for story, _ in begun.values()
        ]
    )
    return [begun.pop(key, None) for key in run_target_ids]  # of a target that was rung for twice, one attempt


def _begun(claim: Claim, way: Way | Ending) -> Begun:
    return Story(claim, way if isinstance(way, Way) else None), way


class Ways:
    """Finds the ways of one batch; what its organizations share is read, and secrets are opened, once."""

    def __init__(self) -> None:
        self._accesses = Accesses()
        self._secrets: dict[UUID, dict[str, Secret]] = {}

    def find(self, claim: Claim, organization: Organization) -> Way | Ending:
        """Return the plan and the way into `organization`, or how the attempt ends without one."""
        try:
            plan = frozen_plan(claim.run_id)
            facts = plan.ways.facts(organization.tenant_id)
            access = self._accesses.find(organization, facts, person_id=claim.requested_by_id)
            require_service(access.environment, plan.service)
            return Way(plan, access, self._secrets_of(claim.run_id, plan))
        except PlanChanged as refusal:
            return ending_of_refusal(refusal, "plan_changed")
        except NoWayIn as refusal:
            return ending_of_refusal(refusal, refusal.error_class)
        except SecretsErased as refusal:
            return ending_of_refusal(refusal, "secrets_erased")
        except SecretUnreadable as refusal:
            return ending_of_refusal(refusal, "secret_unreadable")

    def _secrets_of(self, run_id: UUID, plan: FrozenPlan) -> dict[str, Secret]:
        if run_id not in self._secrets:
            self._secrets[run_id] = open_secrets(run_id, plan.step(1).secrets)
        return self._secrets[run_id]


def _ledger_row(claim: Claim, way: Way) -> Connection:
    return Connection(
        id=claim.connection_id,
        attempt_id=claim.attempt_id,
        run_id=claim.run_id,
        requested_by=claim.requested_by,
        organization_id=claim.organization_id,
        service=reached_through(way.plan.service),
        environment=way.access.environment.name,
        host=host_of(way),
        method=way.access.method,
        identity=way.access.identity.name[:200],
        opened_by=worker_name(),
        opened_at=timezone.now(),
    )
