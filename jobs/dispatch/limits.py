"""What attempts met of throttling and failures, kept with how they ended; and who waits because of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from jobs.dispatch.alarm import alarm
from jobs.dispatch.finished import Finished
from jobs.dispatch.outcomes import HELD
from jobs.dispatch.rings import ring_for
from jobs.dispatch.worker import worker_actor
from jobs.throttling.breakers import Pauses, Refusal, keep_refusals
from jobs.throttling.gates import keep_signs
from jobs.throttling.pace import keep_pace
from jobs.throttling.signs import Answered, Sign, Throttled
from portal.core.bulk import array
from tenants.tokens.local_explanations import LOGIN_THROTTLED

_IS_LIMITED = """
SELECT EXISTS (SELECT FROM organization_gate WHERE organization_id = ANY(%s::uuid[]))
    OR EXISTS (SELECT FROM identity_breaker WHERE key = ANY(%s::text[]))
    OR EXISTS (SELECT FROM identity_pace WHERE key = ANY(%s::text[]))
"""


def heed_limits(endings: Sequence[Finished]) -> list[Finished]:
    """Keep what the attempts met, in the present transaction; returns them, those longer deferred that must wait.

    Whoever was refused a token as an identity that pauses waits for it, and has not failed. Rings for all who wait, in
    the moment that they may go on.
    """
    if not _concern_limits(endings):
        return list(endings)
    waits, pauses = _keep_signs(endings), _keep_refusals(endings)
    _keep_pace(endings)
    heeding = [_deferred(item, waits.get(item.story.claimed.organization_id, 0.0), pauses) for item in endings]
    for seconds in _rings(heeding, waits, pauses):
        transaction.on_commit(partial(alarm.ring_in, seconds))
    if pauses.over:
        transaction.on_commit(partial(ring_for, settings.MOST_RINGS))
    return heeding


def _concern_limits(endings: Sequence[Finished]) -> bool:
    """Whether anything was met that closes or slows down something, or anything is kept that an answer can end.

    Mostly it is not so, and this one question is all that is asked.
    """
    if any(item.ending.retry_in is not None or item.story.token_refusal or _is_disturbed(item) for item in endings):
        return True
    organizations = array({item.story.claimed.organization_id for item in endings})
    identities = list({item.story.claimed.identity for item in endings})
    with connection.cursor() as cursor:
        cursor.execute(_IS_LIMITED, [organizations, identities, identities])
        return bool(cursor.fetchone()[0])


def _is_disturbed(item: Finished) -> bool:
    return item.story.sign is not None and not isinstance(item.story.sign, Answered)


def _rings(endings: Sequence[Finished], waits: Mapping[UUID, float], pauses: Pauses) -> Iterator[float]:
    """Yield in how many seconds somebody may go on: those deferred, and who else waits for the same."""
    rung_for: set[UUID] = set()
    for item in endings:
        ending, claimed = item.ending, item.story.claimed
        if ending.retry_in is not None and ending.error_class != HELD and claimed.identity not in pauses.seconds:
            rung_for.add(claimed.organization_id)
            yield ending.retry_in
    yield from (wait for organization_id, wait in waits.items() if organization_id not in rung_for)
    yield from pauses.seconds.values()


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


def _keep_pace(endings: Sequence[Finished]) -> None:
    throttled, answered = set(), Counter[str]()
    for item in endings:
        match item.story.sign:
            case Throttled(error_class=LOGIN_THROTTLED.error_class):
                throttled.add(item.story.claimed.identity)
            case Answered():
                answered[item.story.claimed.identity] += 1
    keep_pace(throttled=throttled, answered=answered)


def _refusal(item: Finished) -> Refusal | None:
    story = item.story
    if story.token_refusal is None or story.way is None or not story.claimed.identity:
        return None
    if story.way.access.identity.sign_in_id:
        return None  # a person's own account is no concern of the fleet
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
