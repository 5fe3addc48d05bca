"""One attempt at one organization: claim, open, intend, send, close, store."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

import stamina
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from psycopg_pool import PoolTimeout

from jobs.catalogue.effects import Effect
from jobs.dispatch import claims
from jobs.dispatch.findings import REACHABLE, finding_of
from jobs.dispatch.finish import Story, store_ending
from jobs.dispatch.outcomes import (
    Ending,
    ending_of_answer,
    ending_of_failure,
    ending_of_refusal,
)
from jobs.dispatch.plans import FrozenPlan, frozen_plan
from jobs.dispatch.worker import heart, worker_actor, worker_name
from jobs.exchange.connection import Connection as ExchangeConnection
from jobs.exchange.connection import connect
from jobs.exchange.failures import CallFailed
from jobs.exchange.spec import ConnectionSpec
from jobs.runs.models import Attempt, Connection, RunTarget
from jobs.runs.plans import PlanChanged
from jobs.runs.services import finish_if_done
from jobs.runs.states import TargetState
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.database import brief_transaction
from portal.core.secrets import SecretUnreadable
from tenants.organizations.models import Organization
from tenants.profiles.app_only import AppOnlyProfile, NoUsableCertificate, app_only_profile
from tenants.profiles.microsoft import ca_file

log = structlog.get_logger(__name__)
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)


class SendRefused(Exception):
    """The run was stopped, or the lease was lost, before anything was sent."""


@dataclass(frozen=True, slots=True)
class Way:
    """What to send, and how to get in."""

    plan: FrozenPlan
    profile: AppOnlyProfile


def run_target(*, run_target_id: UUID) -> None:
    """Make one attempt at a target, if it is due and nobody else has it; ends the run when it was the last."""
    begun = _begin(run_target_id)
    if begun is None:
        return
    story, way = begun
    heart.hold(story.claimed.run_target_id, story.claimed.fence)
    try:
        _store(story, way if isinstance(way, Ending) else _converse(story, way))
    finally:
        heart.release(story.claimed.run_target_id)


def _begin(run_target_id: UUID) -> tuple[Story, Way | Ending] | None:
    with brief_transaction():
        claimed = claims.claim(run_target_id, lease_seconds=settings.LEASE_SECONDS)
        if claimed is None:
            return None
        story = Story(claimed)
        record(
            AuditAction.RUN_TARGET_CLAIMED,
            actor=worker_actor(),
            target=story.as_object(),
            data={"attempt": claimed.attempt_number, "fence": claimed.fence},
        )
        return story, _find_way(story)


def _find_way(story: Story) -> Way | Ending:
    try:
        plan = frozen_plan(story.claimed.run_id)
        organization = Organization.objects.select_related("partner").get(pk=story.claimed.organization_id)
        profile = app_only_profile(organization, plan.thumbprint)
    except PlanChanged as refusal:
        return ending_of_refusal(refusal, "plan_changed")
    except NoUsableCertificate as refusal:
        return ending_of_refusal(refusal, "no_usable_certificate")
    except SecretUnreadable as refusal:
        return ending_of_refusal(refusal, "secret_unreadable")
    Connection.objects.create(
        id=story.claimed.connection_id,
        attempt_id=story.claimed.attempt_id,
        organization_id=story.claimed.organization_id,
        service=plan.service,
        method="app-only certificate",
        identity=profile.identity,
        opened_by=worker_name(),
        opened_at=timezone.now(),
    )
    return Way(plan, profile)


def _converse(story: Story, way: Way) -> Ending:
    """Open a connection, send the cmdlet once, close; whatever happens becomes an ending."""
    attempt, age = story.claimed.attempt_number, story.claimed.age_seconds
    try:
        with _connection(story, way) as exchange:
            story.connected_at, story.exchanges = timezone.now(), exchange.opening
            exchange.before_send = lambda client_request_id: _intend(story, way.plan, client_request_id)
            story.answer = exchange.invoke(way.plan.cmdlet, way.plan.parameters, reads=way.plan.effect is Effect.READ)
    except CallFailed as failure:
        story.close_reason = failure.explanation.title
        story.exchanges = [*story.exchanges, *failure.exchanges]
        story.finding = finding_of(failure, opened=story.connected_at is not None)
        return ending_of_failure(failure, effect=way.plan.effect, attempt=attempt, age_seconds=age)
    except SendRefused as refusal:
        story.close_reason = "stopped before sending"
        return Ending(TargetState.CANCELLED, detail=str(refusal))
    finally:
        story.closed_at = timezone.now()
        story.answered_at = story.closed_at if story.intended_at else None
    story.close_reason, story.exchanges = "done", [*story.exchanges, *story.answer.exchanges]
    story.finding = REACHABLE
    return ending_of_answer(story.answer)


def _connection(story: Story, way: Way) -> AbstractContextManager[ExchangeConnection]:
    environment, profile = way.profile.environment, way.profile
    for_compliance = way.plan.service == "scc"
    scope = environment.compliance_scope if for_compliance else environment.exchange_scope
    spec = ConnectionSpec(
        tenant_id=profile.tenant_id,
        initial_domain=profile.initial_domain,
        service="scc" if for_compliance else "exo",
        base_url=(environment.compliance_url if for_compliance else environment.exchange_url) or "",
        allowed_hosts=environment.allowed_hosts,
        app_only=True,
        ca_file=ca_file(),
    )
    return connect(
        spec,
        lambda claims_challenge: profile.tokens.acquire(profile.tenant_id, scope or "", claims=claims_challenge),
        commands=(way.plan.cmdlet,),
        connection_id=str(story.claimed.connection_id),
    )


def _intend(story: Story, plan: FrozenPlan, client_request_id: str) -> None:
    with brief_transaction():
        intended_at = claims.intend(story.claimed)
        if intended_at is None:
            raise SendRefused("The run was stopped before the cmdlet was sent.")
        Attempt.objects.filter(pk=story.claimed.attempt_id).update(
            intended_at=intended_at, client_request_id=client_request_id
        )
        record(
            AuditAction.CMDLET_INTENDED,
            actor=worker_actor(),
            target=story.as_object(),
            data={
                "cmdlet": plan.cmdlet,
                "plan_hash": plan.plan_hash,
                "attempt": story.claimed.attempt_number,
                "fence": story.claimed.fence,
                "connection": str(story.claimed.connection_id),
                "on_behalf_of": plan.requested_by,
            },
        )
    story.intended_at = intended_at


@stamina.retry(on=DATABASE_AWAY, attempts=None, timeout=600, wait_initial=0.2, wait_max=5)
def _store(story: Story, ending: Ending) -> None:
    if not store_ending(story, ending):
        log.warning("answer.late", run_target=str(story.claimed.run_target_id), fence=story.claimed.fence)
        return
    if ending.retry_in is None and not _others_open(story.claimed.run_id):
        with brief_transaction():
            finish_if_done(actor=worker_actor(), run_id=story.claimed.run_id)


def _others_open(run_id: UUID) -> bool:
    try:
        return RunTarget.objects.filter(run=run_id).open().exists()
    finally:
        if not connection.in_atomic_block:
            connection.close()
