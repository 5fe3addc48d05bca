"""One attempt at one organization: begin, open, intend, send, close, store."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from uuid import UUID

import stamina
import structlog
from django.utils import timezone

from jobs.catalogue.effects import Effect
from jobs.dispatch.alarm import alarm
from jobs.dispatch.begin import begin
from jobs.dispatch.clerk import clerk
from jobs.dispatch.findings import REACHABLE, finding_of
from jobs.dispatch.finish import Finished, finished, store
from jobs.dispatch.heart import heart
from jobs.dispatch.intent import NotSent, intend, may_still_send, note_probes
from jobs.dispatch.last import finish_runs
from jobs.dispatch.outcomes import Ending, ending_of_answer, ending_of_failure, ending_of_fault
from jobs.dispatch.right_organization import check_who_answered
from jobs.dispatch.story import Story, Way
from jobs.exchange.connection import Connection as ExchangeConnection
from jobs.exchange.connection import connect
from jobs.exchange.failures import CallFailed
from jobs.exchange.spec import ConnectionSpec
from jobs.runs.states import TargetState
from portal.core.errors import DATABASE_AWAY
from tenants.clouds.diagnosis import diagnosed
from tenants.profiles.access import Access
from tenants.profiles.microsoft import ca_file
from tenants.sign_ins.selectors import are_alive
from tenants.tokens.access_token import AccessToken
from tenants.tokens.failures import TokenFailure
from tenants.tokens.local_explanations import SIGN_IN_ENDED

log = structlog.get_logger(__name__)


class SendRefused(Exception):
    """The cmdlet must not be sent; `reason` says why."""

    def __init__(self, reason: NotSent) -> None:
        self.reason = reason
        super().__init__(str(reason))


def run_target(*, run_target_id: UUID) -> None:
    """Make one attempt at a target, if it is due and nobody else has it; ends the run when it was the last."""
    begun = clerk.ask(begin, run_target_id)
    if begun is None:
        return
    story, way = begun
    heart.hold(story.claimed.run_target_id, story.claimed.fence)
    try:
        _store_somehow(story, way if isinstance(way, Ending) else _converse(story, way))
    finally:
        heart.release(story.claimed.run_target_id, story.claimed.fence)


def _converse(story: Story, way: Way) -> Ending:
    """Open a connection, send the cmdlet, close; whatever happens becomes an ending."""
    attempt, age = story.claimed.attempt_number, story.claimed.age_seconds
    try:
        with _connection(story, way) as exchange:
            story.connected_at, story.exchanges = timezone.now(), exchange.opening
            story.offered = exchange.offered
            exchange.before_send = lambda client_request_id: _intend(story, way, client_request_id)
            answer = exchange.invoke(
                way.plan.step(1).sent_as,
                {**way.plan.step(1).parameters, **_secrets_to_send(exchange, way)},
                reads=way.plan.step(1).effect is Effect.READ,
                secret_parameters=way.secrets,
            )
            check_who_answered(story, way, answer)
            story.answer = answer
    except CallFailed as failure:
        story.close_reason = failure.explanation.title
        story.exchanges = [*story.exchanges, *failure.exchanges]
        story.finding = finding_of(failure, opened=story.connected_at is not None)
        story.answered_at = timezone.now() if story.intended_at and failure.server_error else None
        return ending_of_failure(failure, effect=way.plan.step(1).effect, attempt=attempt, age_seconds=age)
    except SendRefused as refusal:
        story.close_reason = f"not sent: {refusal.reason}"
        return _ending_of_refused_send(refusal.reason)
    except DATABASE_AWAY:
        raise
    except Exception as error:
        log.exception("attempt.fault", run_target=str(story.claimed.run_target_id))
        story.close_reason = "a fault in Signalbox"
        return ending_of_fault(error, was_sent=story.intended_at is not None, effect=way.plan.step(1).effect)
    finally:
        story.closed_at = timezone.now()
    story.answered_at = story.closed_at
    story.close_reason, story.exchanges = "done", [*story.exchanges, *story.answer.exchanges]
    story.finding = REACHABLE
    return ending_of_answer(story.answer)


def _ending_of_refused_send(reason: NotSent) -> Ending:
    """Stopped: cancelled. Lease lost: tried again.

    Nothing ran, also when the cmdlet had gone out before: a change is sent once more only after an answer (401 or a
    redirect) that comes before anything runs.
    """
    if reason is NotSent.STOPPED:
        return Ending(TargetState.CANCELLED, detail="The run was stopped before the cmdlet was carried out.")
    return Ending(TargetState.ERRORED, "worker_lost", detail="The lease ran out before sending.", retry_in=0.0)


def _connection(story: Story, way: Way) -> AbstractContextManager[ExchangeConnection]:
    access, environment = way.access, way.access.environment
    story.application_id = access.identity.application_id
    for_compliance = way.plan.service == "scc"
    scope = (environment.compliance_scope if for_compliance else environment.exchange_scope) or ""
    spec = ConnectionSpec(
        tenant_id=access.tenant_id,
        initial_domain=access.initial_domain,
        service="scc" if for_compliance else "exo",
        base_url=(environment.compliance_url if for_compliance else environment.exchange_url) or "",
        scope=scope,
        allowed_hosts=environment.allowed_hosts,
        app_only=access.identity.is_app_only,
        regional_host=access.compliance_host if for_compliance else "",
        ca_file=ca_file(),
    )
    return connect(
        spec,
        partial(_token, story, access, scope),
        commands=(way.plan.step(1).sent_as,),
        connection_id=str(story.claimed.connection_id),
        before_probe=lambda cmdlet, client_request_id: _note_probe(story, cmdlet, client_request_id),
        sends_secrets=bool(way.secrets),
        found_region=story.note_compliance_host,
        lists_every_cmdlet=way.plan.is_connection_test,
    )


def _token(story: Story, access: Access, scope: str, claims_challenge: str | None) -> AccessToken:
    """Return a token; one of a person's own account only while that person is signed in."""
    sign_in_id = access.identity.sign_in_id
    if sign_in_id is not None and not clerk.ask(are_alive, sign_in_id):
        raise TokenFailure(SIGN_IN_ENDED)
    try:
        token = access.identity.tokens.acquire(access.tenant_id, scope, claims=claims_challenge)
    except TokenFailure as failure:
        explained, story.detected_environment = diagnosed(
            failure,
            tenant_id=access.tenant_id,
            entered=access.environment.name,
            name=story.claimed.organization_name,
        )
        raise explained from failure
    story.permissions = token.roles or token.scopes
    return token


def _secrets_to_send(exchange: ExchangeConnection, way: Way) -> dict[str, Any]:
    return {
        name: exchange.protect(str(secret.value)) if secret.is_protected else secret.value
        for name, secret in way.secrets.items()
    }


def _note_probe(story: Story, cmdlet: str, client_request_id: str) -> None:
    clerk.ask(note_probes, (story, cmdlet, client_request_id))


def _intend(story: Story, way: Way, client_request_id: str) -> None:
    """Commit the intent before the first byte; before every further send of the same call, ask whether it may."""
    if story.intended_at is not None:
        reason = clerk.ask(may_still_send, story)
        if reason is not None:
            raise SendRefused(reason)
        return
    story.client_request_id = client_request_id
    answer = clerk.ask(intend, (story, way))
    if isinstance(answer, NotSent):
        raise SendRefused(answer)
    story.intended_at = answer


def _store_somehow(story: Story, ending: Ending) -> None:
    """Store the ending; if it cannot be stored as it is, store at least that the attempt ended, and how surely."""
    try:
        _store(finished(story, ending))
    except DATABASE_AWAY:
        raise
    except Exception as error:
        log.exception("ending.not_storable", run_target=str(story.claimed.run_target_id), state=ending.state)
        story.answer, story.exchanges, story.finding = None, [], None
        bare = Ending(ending.state, ending.error_class or "signalbox_fault", detail=type(error).__name__)
        _store(finished(story, bare))


@stamina.retry(on=DATABASE_AWAY, attempts=None, timeout=600, wait_initial=0.2, wait_max=5)
def _store(item: Finished) -> None:
    claimed = item.story.claimed
    if not clerk.ask(store, item):
        log.warning("answer.late", run_target=str(claimed.run_target_id), fence=claimed.fence)
    elif item.ending.retry_in is not None:
        alarm.ring_in(item.ending.retry_in, claimed.run_target_id)
    else:
        clerk.tell(finish_runs, claimed.run_id)
