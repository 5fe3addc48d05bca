"""Beginning, following and ending sessions."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.sessions.models import Session
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor

MOST_SESSIONS = 3
"""How many browsers one person may be signed in with; the one that began first makes room."""
SEEN_EVERY = timedelta(minutes=1)


def note_seen(session: Session | None) -> None:
    """Remember that a session is in use, at most once a minute; None is one that began with this request."""
    now = timezone.now()
    if session is not None and now - session.last_seen_at > SEEN_EVERY:
        Session.objects.filter(pk=session.pk).update(last_seen_at=now)


def make_room(person: User) -> None:
    """End the oldest sessions of a person beyond the most that there may be."""
    newest = Session.objects.filter(person=person).order_by("-began_at").values("pk")[:MOST_SESSIONS]
    Session.objects.filter(person=person).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()


@transaction.atomic
def end_session(*, actor: Actor, key: str) -> bool:
    """End one of one's own sessions, by its hashed key; returns whether there was one."""
    session = Session.objects.filter(pk=key, person_id=int(actor.id)).select_related("person").first()
    if session is None or session.person is None:
        return False
    session.delete()
    data = {"address": session.address, "device": session.device}
    record(AuditAction.SESSION_ENDED, actor=actor, target=_as_object(session.person), data=data)
    return True


@transaction.atomic
def end_other_sessions(*, actor: Actor, but: str) -> int:
    """End all of one's own sessions but the one of this hashed key; returns how many."""
    ended = [
        session.pk
        for session in Session.objects.filter(person_id=int(actor.id)).exclude(pk=but)
        if end_session(actor=actor, key=session.pk)
    ]
    return len(ended)


def end_sessions_of(actor: Actor, person: User) -> dict[str, int]:
    """End every session of a person, as part of disabling the account; returns how many."""
    number, _ = Session.objects.filter(person=person).delete()
    return {"sessions_ended": number}


def sweep_sessions() -> int:
    """Forget sessions that are over; returns how many.

    One that was idle for too long opens nothing any more, but keeps what its person signed in to for runs.
    """
    return Session.objects.filter(expire_date__lte=timezone.now()).delete()[0]


def _as_object(person: User) -> Object:
    return Object("person", str(person.pk), person.display_name)
