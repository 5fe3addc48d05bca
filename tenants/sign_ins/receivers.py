"""When a session of the portal ends, whatever was signed in to in it ends too."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest

from portal.accounts.models import User
from portal.accounts.receivers import peer_address
from portal.accounts.sessions.models import Session
from portal.core.actors import Actor, Source
from tenants.sign_ins.services import end_session
from tenants.sign_ins.sessions import hash_of

SESSIONS = Actor.system("sessions")


@receiver(user_logged_out)
def end_with_sign_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """End what a person signed in to when he signs out; the session still has its key."""
    if user is not None and request.session.session_key:
        actor = user.as_actor(Source.WEB, peer_address(request))
        end_session(actor=actor, session=hash_of(request.session.session_key), reason="signed out of Signalbox")


@receiver(post_delete, sender=Session)
def end_with_session(sender: Any, instance: Session, **kwargs: Any) -> None:
    """End what was signed in to in a session that is gone: cleared, or replaced by another person's."""
    end_session(actor=SESSIONS, session=instance.session_key, reason="the session in Signalbox ended")
