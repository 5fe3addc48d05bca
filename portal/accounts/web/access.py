"""Who stands behind a request."""

from dataclasses import replace
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from portal.accounts.models import User
from portal.accounts.receivers import peer_address
from portal.core.actors import Actor, Source

STEPPED_UP_AT = "stepped_up_at"
"""Key of the session: when its person last proved to be there, in seconds since 1970."""


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person of `request` as the actor, with the rights held now."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    actor = request.user.as_actor(Source.WEB, peer_address(request))
    proved_at = request.session.get(STEPPED_UP_AT)
    return replace(actor, stepped_up_at=datetime.fromtimestamp(proved_at, UTC)) if proved_at else actor
