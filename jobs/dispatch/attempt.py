"""One attempt at one organization: begin, open, intend, send, close, store."""

from contextlib import AbstractContextManager
from uuid import UUID

import stamina
import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from psycopg_pool import PoolTimeout

from jobs.catalogue.effects import Effect
from jobs.dispatch.begin import begin
from jobs.dispatch.clerk import clerk
from jobs.dispatch.findings import REACHABLE, finding_of
from jobs.dispatch.finish import Finished, finished, store
from jobs.dispatch.intent import intend
from jobs.dispatch.last import finish_runs
from jobs.dispatch.outcomes import Ending, ending_of_answer, ending_of_failure
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import heart
from jobs.exchange.connection import Connection as ExchangeConnection
from jobs.exchange.connection import connect
from jobs.exchange.failures import CallFailed
from jobs.exchange.spec import ConnectionSpec
from jobs.runs.states import TargetState
from tenants.profiles.microsoft import ca_file

log = structlog.get_logger(__name__)
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)


class SendRefused(Exception):
    """The run was stopped, or the lease was lost, before anything was sent."""


def run_target(*, run_target_id: UUID) -> None:
    """Make one attempt at a target, if it is due and nobody else has it; ends the run when it was the last."""
    begun = clerk.ask(begin, run_target_id)
    if begun is None:
        return
    story, way = begun
    heart.hold(story.claimed.run_target_id, story.claimed.fence)
    try:
        ending = way if isinstance(way, Ending) else _converse(story, way)
        _store(finished(story, ending))
    finally:
        heart.release(story.claimed.run_target_id)


def _converse(story: Story, way: Way) -> Ending:
    """Open a connection, send the cmdlet once, close; whatever happens becomes an ending."""
    attempt, age = story.claimed.attempt_number, story.claimed.age_seconds
    try:
        with _connection(story, way) as exchange:
            story.connected_at, story.exchanges = timezone.now(), exchange.opening
            exchange.before_send = lambda client_request_id: _intend(story, way, client_request_id)
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


def _intend(story: Story, way: Way, client_request_id: str) -> None:
    story.client_request_id = client_request_id
    story.intended_at = clerk.ask(intend, (story, way))
    if story.intended_at is None:
        raise SendRefused("The run was stopped before the cmdlet was sent.")


@stamina.retry(on=DATABASE_AWAY, attempts=None, timeout=600, wait_initial=0.2, wait_max=5)
def _store(item: Finished) -> None:
    claimed = item.story.claimed
    if not clerk.ask(store, item):
        log.warning("answer.late", run_target=str(claimed.run_target_id), fence=claimed.fence)
    elif item.ending.retry_in is not None:
        heart.ring_in(item.ending.retry_in, claimed.run_target_id)
    else:
        clerk.tell(finish_runs, claimed.run_id)
