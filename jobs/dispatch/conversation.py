"""What is said over one connection to one organization: open, then step by step intend and send, close."""

import time

import structlog
from django.utils import timezone

from jobs.catalogue.effects import Effect
from jobs.dispatch.clerk import clerk
from jobs.dispatch.entrance import connection
from jobs.dispatch.findings import REACHABLE, finding_of
from jobs.dispatch.intent import intend, may_still_send
from jobs.dispatch.outcomes import (
    NOT_ALLOWED,
    Ending,
    ending_of_all_steps,
    ending_of_answer,
    ending_of_failure,
    ending_of_fault,
    ending_of_lost_database,
    ending_of_refused_send,
    goes_on_after,
)
from jobs.dispatch.progress import forget_ended_steps
from jobs.dispatch.right_organization import check_who_answered
from jobs.dispatch.story import Story, Way
from jobs.exchange.connection import Connection
from jobs.exchange.disturbances import THROTTLED
from jobs.exchange.failures import CallFailed, Withheld
from jobs.exchange.gates import gates
from jobs.runs.machine import NotSent
from jobs.runs.variables import fill_in
from jobs.throttling.signs import Answered, sign_of
from portal.core.errors import DATABASE_AWAY

log = structlog.get_logger(__name__)
STALE_AFTER_SECONDS = 0.7
"""A permission to send that is older is asked for again: a process may have stood still meanwhile."""


class SendRefused(Exception):
    """The cmdlet must not be sent; `reason` says why."""

    def __init__(self, reason: NotSent) -> None:
        self.reason = reason
        super().__init__(str(reason))


def converse(story: Story, way: Way) -> Ending:
    """Open a connection, send what is to be sent, close; whatever happens becomes an ending."""
    try:
        with connection(story, way) as exchange:
            story.connected_at = timezone.now()
            story.sending.exchanges, story.offered = exchange.opening, exchange.offered
            return _carry_out_steps(story, way, exchange)
    except CallFailed as failure:
        return _note_failure(story, way, failure)
    except SendRefused as refusal:
        story.close_reason = f"not sent: {refusal.reason}"
        return ending_of_refused_send(refusal.reason, step=story.sending.position, denial=story.denial or NOT_ALLOWED)
    except DATABASE_AWAY as error:
        # Whoever cannot ask whether he may send has not sent: an answer that has come is past that.
        log.warning("database.away", run_target=str(story.claimed.run_target_id), error=str(error))
        story.close_reason = "the database could not be asked"
        return ending_of_lost_database()
    except Exception as error:
        log.exception("attempt.fault", run_target=str(story.claimed.run_target_id))
        story.close_reason = "a fault in Signalbox"
        return ending_of_fault(error, was_sent=story.sending.intended_at is not None, effect=_effect(story, way))
    finally:
        story.closed_at = timezone.now()


def _carry_out_steps(story: Story, way: Way, exchange: Connection) -> Ending:
    """Send the steps that are left, until one stops the organization; returns how the target ends."""
    while True:
        ending = _carry_out(story, way, exchange)
        if story.sending.position == len(way.plan.steps) or not goes_on_after(ending, way.plan.on_failure):
            return ending_of_all_steps(ending, has_failed_steps=story.has_failed_steps)
        story.end_step(ending)


def _carry_out(story: Story, way: Way, exchange: Connection) -> Ending:
    step = way.plan.step(story.sending.position)
    values = (way.plan.variables or {}).get(str(way.access.tenant_id))
    secrets = way.secrets.get(story.sending.position, {})
    opened = {
        name: exchange.protect(str(secret.reveal())) if secret.is_protected else secret.reveal()
        for name, secret in secrets.items()
    }
    exchange.before_send = lambda client_request_id: _allow(story, way, client_request_id)
    try:
        answer = exchange.invoke(
            step.sent_as,
            {**fill_in(step.parameters, values), **opened},
            reads=step.effect is Effect.READ,
            secret_parameters=secrets,
        )
        check_who_answered(story, way, answer)
    except CallFailed as failure:
        return _note_failure(story, way, failure)
    story.sending.answer, story.sending.answered_at = answer, timezone.now()
    story.sending.exchanges = [*story.sending.exchanges, *answer.exchanges]
    story.close_reason, story.finding, story.sign = "done", REACHABLE, Answered()
    return ending_of_answer(answer)


def _note_failure(story: Story, way: Way, failure: CallFailed) -> Ending:
    sending, claimed = story.sending, story.claimed
    story.close_reason = failure.explanation.title
    sending.exchanges = [*sending.exchanges, *failure.exchanges]
    story.finding, story.sign = finding_of(failure, opened=story.connected_at is not None), sign_of(failure)
    sending.answered_at = timezone.now() if sending.intended_at and failure.server_error else None
    return ending_of_failure(
        failure, effect=_effect(story, way), strikes=claimed.strikes, age_seconds=claimed.age_seconds
    )


def _effect(story: Story, way: Way) -> Effect:
    return way.plan.step(story.sending.position).effect


def _allow(story: Story, way: Way, client_request_id: str) -> None:
    """Commit the intent before the first byte; before every further send of the same call, ask whether it may."""
    if story.sending.intended_at is None:
        story.sending.client_request_id = client_request_id
        answer = clerk.ask(intend, (story, way))
        forget_ended_steps([story])
        if isinstance(answer, NotSent):
            raise _refusal(story, way, answer)
        story.sending.intended_at = answer
    else:
        _ask_again(story, way)
    while time.monotonic() - story.sending.checked_at > STALE_AFTER_SECONDS:
        _ask_again(story, way)


def _ask_again(story: Story, way: Way) -> None:
    reason = clerk.ask(may_still_send, story)
    if reason is not None:
        raise _refusal(story, way, reason)


def _refusal(story: Story, way: Way, reason: NotSent) -> Exception:
    if reason is NotSent.THROTTLED:
        return Withheld(THROTTLED, seconds=gates.seconds_left(way.access.tenant_id))
    return SendRefused(reason)
