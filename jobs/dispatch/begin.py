"""Beginning attempts: claim, find the plan and the way in, enter the connection into the ledger."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from django.utils import timezone

from jobs.catalogue.effects import Effect
from jobs.catalogue.secret_values import SecretValue
from jobs.dispatch.allowed import denials
from jobs.dispatch.claims import Claim, Key, claim_targets
from jobs.dispatch.ledger import host_of
from jobs.dispatch.outcomes import (
    Ending,
    ending_of_denial,
    ending_of_fault,
    ending_of_refusal,
    ending_of_vanished_organization,
)
from jobs.dispatch.plans import FrozenPlan, frozen_plan
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import worker_actor, worker_name
from jobs.runs.integrity import record_altered_plan
from jobs.runs.models import Connection, Run
from jobs.runs.plans import PlanChanged
from jobs.runs.secrets import SecretsErased, open_secrets
from portal.audit.actions import AuditAction
from portal.audit.services import draft, write
from portal.core.bulk import insert_rows
from portal.core.errors import DATABASE_AWAY
from portal.core.secrets.errors import RootKeysUnavailable, SecretUnreadable
from tenants.organizations.models import Organization
from tenants.profiles.accesses import kept_accesses, require_service
from tenants.profiles.methods import reached_through
from tenants.profiles.refusals import NoWayIn

log = structlog.get_logger(__name__)
Begun = tuple[Story, Way | Ending]


def begin(asked: Sequence[None]) -> list[Begun | None]:
    """Begin as many attempts as are asked for, in the present transaction; None where nothing more is due."""
    claims = claim_targets(len(asked))
    if not claims:
        return [None] * len(asked)
    ways = Ways()
    organizations = ways.accesses.organizations([claim.organization_id for claim in claims])
    found = {claim.key: ways.find(claim, organizations[claim.organization_id]) for claim in claims}
    found |= _denials(claims, found)
    begun = [_begun(claim, found[claim.key]) for claim in claims]
    insert_rows([_ledger_row(story.claimed, way) for story, way in begun if isinstance(way, Way)])
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
            for story, _ in begun
        ]
    )
    return [*begun, *[None] * (len(asked) - len(begun))]


def _denials(claims: Sequence[Claim], found: Mapping[Key, Way | Ending]) -> dict[Key, Way | Ending]:
    """Return how the attempts end that are not allowed at this moment."""
    effects = [(claim, way.plan) for claim in claims if isinstance(way := found[claim.key], Way)]
    return {key: ending_of_denial(decision) for key, decision in denials(effects).items()}


def _begun(claim: Claim, way: Way | Ending) -> Begun:
    return Story(claim, way if isinstance(way, Way) else None), way


class Ways:
    """Finds the ways of one batch; what its organizations share is read, and secrets are opened, once."""

    def __init__(self) -> None:
        self.accesses = kept_accesses()
        self._secrets: dict[UUID, dict[int, Mapping[str, SecretValue]]] = {}

    def find(self, claim: Claim, organization: Organization) -> Way | Ending:
        """Return the plan and the way into `organization`, or how the attempt ends without one.

        A fault ends the attempt too: a target that cannot be begun must not be the next again and again.
        """
        if organization.vanished_at is not None:
            return ending_of_vanished_organization()
        try:
            plan = frozen_plan(claim.run_id)
            facts = plan.ways.facts(organization.tenant_id)
            access = self.accesses.find(organization, facts, person_id=claim.requested_by_id)
            require_service(access.environment, plan.service)
            return Way(plan, access, self._secrets_of(claim.run_id, plan))
        except PlanChanged as refusal:
            run = Run.objects.defer("plan").get(pk=claim.run_id)
            record_altered_plan(actor=worker_actor(), run=run, refusal=refusal)
            return ending_of_refusal(refusal, "plan_changed")
        except NoWayIn as refusal:
            return ending_of_refusal(refusal, refusal.error_class)
        except SecretsErased as refusal:
            return ending_of_refusal(refusal, "secrets_erased")
        except RootKeysUnavailable as error:
            log.warning("root_keys.unavailable", run_target=str(claim.run_target_id), error=str(error))
            return ending_of_fault(error, was_sent=False, effect=Effect.READ)
        except SecretUnreadable as refusal:
            return ending_of_refusal(refusal, "secret_unreadable")
        except DATABASE_AWAY:
            raise
        except Exception as error:
            log.exception("attempt.not_begun", run_target=str(claim.run_target_id))
            return ending_of_fault(error, was_sent=False, effect=Effect.READ)

    def _secrets_of(self, run_id: UUID, plan: FrozenPlan) -> Mapping[int, Mapping[str, SecretValue]]:
        if run_id not in self._secrets:
            self._secrets[run_id] = {
                position: open_secrets(run_id, step.secrets, step=position)
                for position, step in enumerate(plan.steps, start=1)
                if step.secrets
            }
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
