"""Keeping which identities are refused tokens, in the transaction that stores how the attempts ended."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models.functions import Now
from django.utils import timezone

from jobs.throttling.decisions import Breaker, TokenRefusal, breaker_after
from jobs.throttling.models import IdentityBreaker
from jobs.throttling.news import tell_of_pause
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.explanations import title_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal of a token that is the identity's own; `name` says the identity to people."""

    identity: str
    name: str
    organization_id: str
    error_class: str
    code: str


@dataclass(frozen=True, slots=True)
class Pauses:
    """Which identities pause, and for how many seconds until one organization tries again; which ones go on again."""

    seconds: Mapping[str, float]
    over: Collection[str]


def keep_refusals(
    *, actor: Actor, identities: Collection[str], refusals: Sequence[Refusal], issued: Mapping[str, datetime]
) -> Pauses:
    """Keep which of the `identities` that were at work were refused tokens, in the present transaction.

    `issued` are those that were issued one, with when the newest such attempt was claimed: it ends a pause that began
    before.
    """
    _make_rows({refusal.identity: refusal.name for refusal in refusals})
    rows = IdentityBreaker.objects.filter(pk__in=identities).annotate(now=Now())
    pausing: dict[str, float] = {}
    over: list[str] = []
    for row in rows.select_for_update().order_by("pk"):
        if row.paused_at and row.pk in issued and issued[row.pk] > row.paused_at:
            over.append(row.pk)
            _close(actor, row)
            continue
        mine = [
            TokenRefusal(each.organization_id, each.error_class, each.code, row.now)
            for each in refusals
            if each.identity == row.pk
        ]
        before = _read(row)
        after = breaker_after(before, mine, row.now)
        if mine:
            _write(row, after)
        if after.closed_until:
            pausing[row.pk] = max(0.0, (after.closed_until - row.now).total_seconds())
        if after.is_open and not before.is_open:
            _record_opening(actor, row, after)
        if after.paused_at and after.paused_at != before.paused_at:
            tell_of_pause(row.pk, after.paused_at)
    return Pauses(pausing, over)


def breaker_as_object(row: IdentityBreaker) -> Object:
    """Return how audit events name the identity."""
    return Object("identity", row.key[:64], row.name)


def _close(actor: Actor, row: IdentityBreaker) -> None:
    target = breaker_as_object(row)
    row.delete()
    record(AuditAction.IDENTITY_RESUMED, actor=actor, target=target)


def _make_rows(names: Mapping[str, str]) -> None:
    now = timezone.now()
    rows = [IdentityBreaker(key=key, name=names[key][:320], changed_at=now) for key in sorted(names)]
    if rows:
        IdentityBreaker.objects.bulk_create(rows, ignore_conflicts=True)


def _read(row: IdentityBreaker) -> Breaker:
    kept = (TokenRefusal(**{**each, "at": datetime.fromisoformat(each["at"])}) for each in row.refusals)
    return Breaker(tuple(kept), row.opened_at, row.closed_until, row.paused_at, row.openings)


def _write(row: IdentityBreaker, breaker: Breaker) -> None:
    row.refusals = [{**asdict(each), "at": each.at.isoformat()} for each in breaker.refusals]
    row.opened_at, row.closed_until, row.paused_at = breaker.opened_at, breaker.closed_until, breaker.paused_at
    row.openings, row.changed_at = breaker.openings, timezone.now()
    row.save()


def _record_opening(actor: Actor, row: IdentityBreaker, breaker: Breaker) -> None:
    first = breaker.refusals[0]
    record(
        AuditAction.IDENTITY_PAUSED,
        actor=actor,
        target=breaker_as_object(row),
        data={
            "failure": title_of(first.error_class),
            "error_class": first.error_class,
            "code": first.code,
            "organizations": len(breaker.refusals),
            "organization_ids": [each.organization_id for each in breaker.refusals],
        },
    )
