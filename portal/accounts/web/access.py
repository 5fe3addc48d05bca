"""Who stands behind a request."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from portal.accounts.models import User
from portal.accounts.receivers import peer_address
from portal.core.actors import Actor, Source
from portal.core.permissions import PermissionRefused, StepUpRequired

STEPPED_UP_AT = "stepped_up_at"
"""Key of the session: when its person last proved to be there, in seconds since 1970."""


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person of `request` as the actor, with the rights held now."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    actor = request.user.as_actor(Source.WEB, peer_address(request))
    proved_at = request.session.get(STEPPED_UP_AT)
    return replace(actor, stepped_up_at=datetime.fromtimestamp(proved_at, UTC)) if proved_at else actor


class PermissionRefusedMiddleware:
    """Turns a refused permission, or a missing proof of being there, into the 403 page with its sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Raise Django's own refusal in place of ours, so that its handler answers."""
        if isinstance(exception, PermissionRefused | StepUpRequired):
            raise PermissionDenied(str(exception)) from exception
