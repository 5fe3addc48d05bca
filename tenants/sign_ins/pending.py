"""Sign-ins under way: begun here, to be finished at Microsoft, at most one per person."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from tenants.sign_ins.locks import lock_person
from tenants.sign_ins.models import PendingSignIn
from tenants.sign_ins.querysets import PendingSignInQuerySet
from tenants.sign_ins.secrets import open_flow, seal_flow


def as_object(pending: PendingSignIn) -> Object:
    """Return how audit events name a sign-in under way."""
    return Object("personal sign-in", str(pending.pk), pending.tenant_name)


@transaction.atomic
def keep_pending(*, actor: Actor, pending: PendingSignIn, flow: dict[str, Any]) -> PendingSignIn | None:
    """Store that the actor has begun to sign in; returns the sign-in under way that it takes the place of, if any."""
    lock_person(actor.id)
    replaced = PendingSignIn.objects.select_for_update().filter(person_id=actor.id).first()
    if replaced is not None:
        _refused(actor, replaced, "another sign-in was begun")
        replaced.delete()
    pending.person_id, pending.began_at = actor.id, timezone.now()
    pending.sealed_flow = seal_flow(pending, flow)
    pending.save(force_insert=True)
    record(AuditAction.PERSONAL_SIGN_IN_STARTED, actor=actor, target=as_object(pending), data=_facts(pending))
    return replaced if replaced is not None and replaced.ends_at > pending.began_at else None


def pending_of(*, actor: Actor) -> PendingSignIn | None:
    """Return the sign-in that the actor has under way and can still finish."""
    return PendingSignIn.objects.alive().filter(person_id=actor.id).first()


def take(pending: PendingSignIn) -> bool:
    """Delete a sign-in in the transaction that records its end; False when it has ended meanwhile."""
    deleted, _ = PendingSignIn.objects.filter(pk=pending.pk).delete()
    return bool(deleted)


def may_ask(pending: PendingSignIn) -> bool:
    """Whether Microsoft may be asked now; whoever gets True is the only one who asks.

    An answer is redeemed once. Asking about a device code more often than it said makes Microsoft slow down.
    """
    now = timezone.now()
    if pending.asked_at is not None and (
        not pending.ask_every or now < pending.asked_at + timedelta(seconds=pending.ask_every)
    ):
        return False
    same = PendingSignIn.objects.filter(pk=pending.pk, asked_at=pending.asked_at)
    return bool(same.update(asked_at=now))


def slow_down(pending: PendingSignIn, seconds: int) -> None:
    """Ask about a device code less often from now on."""
    PendingSignIn.objects.filter(pk=pending.pk).update(ask_every=seconds)


@transaction.atomic
def cancel_pending(*, actor: Actor) -> PendingSignIn | None:
    """End the sign-in that the actor has under way; returns it, None when there was none."""
    pending = PendingSignIn.objects.select_for_update().filter(person_id=actor.id).first()
    if pending is not None:
        _refused(actor, pending, "cancelled in Signalbox")
        pending.delete()
    return pending


@transaction.atomic
def refuse(*, actor: Actor, pending: PendingSignIn, reason: str) -> None:
    """End a sign-in under way and record why; one that has ended meanwhile has its event already."""
    if take(pending):
        _refused(actor, pending, reason)


@transaction.atomic
def record_refusal(*, actor: Actor, pending: PendingSignIn, reason: str) -> None:
    """Record why a sign-in that was never under way did not succeed."""
    _refused(actor, pending, reason)


def flow_of(pending: PendingSignIn) -> dict[str, Any]:
    """Return what msal needs to finish a sign-in."""
    return open_flow(pending)


@transaction.atomic
def leave_unfinished(*, actor: Actor, those: PendingSignInQuerySet, reason: str) -> None:
    """End sign-ins under way that nobody will finish any more."""
    left = list(those.select_for_update(no_key=True).order_by("pk"))
    for pending in left:
        data = {**_facts(pending), "person": pending.person_id, "reason": reason}
        record(AuditAction.PERSONAL_SIGN_IN_LEFT_UNFINISHED, actor=actor, target=as_object(pending), data=data)
    PendingSignIn.objects.filter(pk__in=[pending.pk for pending in left]).delete()


def in_seconds(seconds: int) -> datetime:
    """Return the moment so many seconds from now, aware UTC."""
    return timezone.now() + timedelta(seconds=seconds)


def _refused(actor: Actor, pending: PendingSignIn, reason: str) -> None:
    data = {**_facts(pending), "reason": reason}
    record(AuditAction.PERSONAL_SIGN_IN_REFUSED, actor=actor, target=as_object(pending), data=data)


def _facts(pending: PendingSignIn) -> dict[str, str]:
    return {"method": pending.method, "tenant_id": str(pending.tenant_id)}
