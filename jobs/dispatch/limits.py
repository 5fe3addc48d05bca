"""What attempts met of throttling and failures, kept with how they ended; and who waits because of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction

from jobs.dispatch.alarm import alarm
from jobs.dispatch.finished import Finished
from jobs.dispatch.rings import ring_for
from jobs.dispatch.worker import worker_actor
from jobs.throttling.breakers import Pauses, Refusal, keep_refusals
from jobs.throttling.gates import keep_signs
from jobs.throttling.signs import Sign


def heed_limits(endings: Sequence[Finished]) -> list[Finished]:
    """Keep what the attempts met, in the present transaction; returns them, those longer deferred that must wait.

    Whoever was refused a token as an identity that pauses waits for it, and has not failed. Rings when they may go on.
    """
    waits, pauses = _keep_signs(endings), _keep_refusals(endings)
    for seconds in (*waits.values(), *pauses.seconds.values()):
        transaction.on_commit(partial(alarm.ring_in, seconds))
    if pauses.over:
        transaction.on_commit(partial(ring_for, settings.MOST_RINGS))
    return [_deferred(item, waits.get(item.story.claimed.organization_id, 0.0), pauses) for item in endings]


def _keep_signs(endings: Sequence[Finished]) -> dict[UUID, float]:
    met: dict[UUID, list[Sign]] = {}
    for item in endings:
        if item.story.sign:
            met.setdefault(item.story.claimed.organization_id, []).append(item.story.sign)
    return keep_signs(met)


def _keep_refusals(endings: Sequence[Finished]) -> Pauses:
    issued: dict[str, datetime] = {}
    for item in endings:
        claimed = item.story.claimed
        if item.story.was_issued_token:
            issued[claimed.identity] = max(claimed.claimed_at, issued.get(claimed.identity, claimed.claimed_at))
    return keep_refusals(
        actor=worker_actor(),
        identities={item.story.claimed.identity for item in endings},
        refusals=[refusal for item in endings if (refusal := _refusal(item))],
        issued=issued,
    )


def _refusal(item: Finished) -> Refusal | None:
    story = item.story
    if story.token_refusal is None or story.way is None:
        return None
    return Refusal(
        identity=story.claimed.identity,
        name=story.way.access.identity.name,
        organization_id=str(story.claimed.organization_id),
        error_class=story.token_refusal.explanation.error_class,
        code=story.token_refusal.code,
    )


def _deferred(item: Finished, wait: float, pauses: Pauses) -> Finished:
    story, ending = item.story, item.ending
    is_overdue = story.claimed.age_seconds >= settings.TARGET_DEADLINE_SECONDS
    if story.token_refusal and story.claimed.identity in pauses.seconds and not is_overdue:
        # It may be claimed at once: the breaker says when, also when somebody ends the pause early.
        return replace(item, ending=replace(ending, retry_in=0.0, counts=False))
    if ending.retry_in is None or ending.retry_in >= wait:
        return item
    return replace(item, ending=replace(ending, retry_in=wait))
