"""What stands between every request and its page: the session that is used, and refusals that services raise."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from portal.accounts.services import note_refusal
from portal.accounts.sessions.services import note_seen
from portal.accounts.web.access import actor_of
from portal.accounts.web.proofs import confirm_first
from portal.core.permissions import PermissionRefused, StepUpRequired


class SessionFollowingMiddleware:
    """Notes that the session behind a request is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        if request.user.is_authenticated:
            note_seen(getattr(request.session, "row", None))
        return self.get_response(request)


class PermissionRefusedMiddleware:
    """Turns a refused permission into the 403 page with its sentence, and leads to a proof of being there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Lead to the proof that is missing, or raise Django's own refusal in place of ours: its handler answers."""
        if isinstance(exception, StepUpRequired):
            return confirm_first(request)
        if isinstance(exception, PermissionRefused):
            note_refusal(actor=actor_of(request), refusal=exception, path=request.path)
            raise PermissionDenied(str(exception)) from exception
        return None
