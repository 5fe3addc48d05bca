"""How much may be sent at once: refused before any of it is read."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase

from portal.core.errors import bad_request


class BodyLimitMiddleware:
    """Refuses bodies of more than `MOST_BODY_BYTES`, with files `MOST_UPLOAD_BYTES`: Django limits no files itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 413 to too much, and to a length that is none."""
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = -1
        has_files = request.META.get("CONTENT_TYPE", "").startswith("multipart/form-data")
        if 0 <= length <= (settings.MOST_UPLOAD_BYTES if has_files else settings.MOST_BODY_BYTES):
            return self.get_response(request)
        return bad_request(request, RequestDataTooBig(f"A body of {length} bytes is not read."))
