"""Questions about sessions."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from portal.accounts.sessions.models import Session
from portal.core.actors import Actor


def sessions_of(actor: Actor) -> list[Session]:
    """Return the browsers that a person is signed in with, the one that was used last first."""
    now = timezone.now()
    used = now - timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    own = Session.objects.filter(person_id=int(actor.id), expire_date__gt=now, last_seen_at__gt=used)
    return list(own.order_by("-last_seen_at", "pk"))
