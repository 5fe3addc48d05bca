"""Keeping and ending what a technician signed in to as himself."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.secrets.secret import Secret
from tenants.sign_ins.locks import lock_person
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn
from tenants.sign_ins.pending import leave_unfinished
from tenants.sign_ins.querysets import PersonalSignInQuerySet
from tenants.sign_ins.secrets import seal_refresh_token
from tenants.sign_ins.sessions import PortalSession, hold

SWEEPER = Actor.system("sweeper")


class SignInUnknown(Refused):
    """The sign-in has ended already, or belongs to somebody else."""


class SessionOver(Refused):
    """The person has signed out of the portal while Microsoft was asked."""


def as_object(sign_in: PersonalSignIn) -> Object:
    """Return how audit events name a personal sign-in."""
    return Object("personal sign-in", str(sign_in.pk), sign_in.tenant_name)


@transaction.atomic
def keep_sign_in(
    *, actor: Actor, session: PortalSession, sign_in: PersonalSignIn, refresh_token: Secret[str]
) -> PersonalSignIn:
    """Store what the actor just signed in to, sealed; an earlier one of his at the same tenant ends.

    It lasts as long as `session`. Raises `SessionOver` when that ended meanwhile: nothing would end it any more.
    """
    actor.require(Permission.RUN_LAUNCH)
    if not hold(session):
        raise SessionOver("You signed out of Signalbox meanwhile. Sign in here again, then at Microsoft.")
    sign_in.session, sign_in.ends_at = session.hash, session.ends_at
    lock_person(actor.id)
    earlier = PersonalSignIn.objects.of_person(actor.id).filter(
        environment=sign_in.environment, tenant_id=sign_in.tenant_id
    )
    _end(actor, earlier, "another sign-in took its place")
    sign_in.person_id, sign_in.signed_in_at = actor.id, timezone.now()
    sign_in.sealed_refresh_token = seal_refresh_token(sign_in, refresh_token)
    sign_in.save(force_insert=True)
    record(
        AuditAction.PERSONAL_SIGN_IN_COMPLETED,
        actor=actor,
        target=as_object(sign_in),
        data={
            "account": sign_in.user_principal_name,
            "method": sign_in.method,
            "tenant_id": str(sign_in.tenant_id),
            "with_mfa": sign_in.signed_in_with_mfa,
            "ends_at": sign_in.ends_at.isoformat(),
        },
    )
    return sign_in


@transaction.atomic
def end_sign_in(*, actor: Actor, sign_in_id: UUID) -> PersonalSignIn:
    """Sign the actor out of one of his accounts; raises `SignInUnknown`."""
    ended = _end(actor, PersonalSignIn.objects.of_person(actor.id).filter(pk=sign_in_id), "signed out of this account")
    if not ended:
        raise SignInUnknown("You are signed out of this account already.")
    return ended[0]


@transaction.atomic
def end_session(*, actor: Actor, session: str, reason: str) -> None:
    """End everything that was signed in to, or is being signed in to, in one session of the portal."""
    _end(actor, PersonalSignIn.objects.filter(session=session), reason)
    leave_unfinished(actor=actor, those=PendingSignIn.objects.filter(session=session), reason=reason)


@transaction.atomic
def end_sign_ins_of(actor: Actor, person: User) -> dict[str, int]:
    """End all that a person signed in to, as part of disabling the account; returns how many."""
    theirs = PersonalSignIn.objects.filter(person_id=str(person.pk))
    return {"sign_ins_ended": len(_end(actor, theirs, "the account in Signalbox was disabled"))}


@transaction.atomic
def sweep_sign_ins() -> None:
    """Delete the sign-ins whose time is over, and those that nobody finished."""
    reason = "its time was over"
    _end(SWEEPER, PersonalSignIn.objects.ended(), reason)
    leave_unfinished(actor=SWEEPER, those=PendingSignIn.objects.ended(), reason=reason)


def _end(actor: Actor, sign_ins: PersonalSignInQuerySet, reason: str) -> list[PersonalSignIn]:
    ended = list(sign_ins.select_for_update().order_by("pk"))
    for sign_in in ended:
        record(
            AuditAction.PERSONAL_SIGN_IN_ENDED,
            actor=actor,
            target=as_object(sign_in),
            data={
                "account": sign_in.user_principal_name,
                "method": sign_in.method,
                "tenant_id": str(sign_in.tenant_id),
                "person": sign_in.person_id,
                "reason": reason,
            },
        )
    PersonalSignIn.objects.filter(pk__in=[sign_in.pk for sign_in in ended]).delete()
    return ended
