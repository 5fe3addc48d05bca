"""What every answer tells the browser, whoever gave it: a page, a fragment, a file, a refusal or an error."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

View = Callable[[HttpRequest], HttpResponseBase]


class HeadersMiddleware:
    """Stands outside of all others, so that none of their answers goes without `SECURITY_HEADERS`.

    What a view says itself stays. Nothing is kept by a browser or a proxy unless it says so, as static files do.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Complete the answer's headers."""
        response = self.get_response(request)
        for name, value in settings.SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
