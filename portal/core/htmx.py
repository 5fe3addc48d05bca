"""Full page or fragment: the one place that reads htmx's headers."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    partials: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or only the partial that an htmx request targets when it is one of `partials`."""
    htmx = getattr(request, "htmx", None)
    partial = htmx.target if htmx and not htmx.boosted and htmx.target in partials else None
    response = render(request, f"{template}#{partial}" if partial else template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def fragment_of(page: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Answer only htmx with a fragment; a browser that opens its address is sent to `page`, named with its arguments.

    Who may not see the fragment is refused as ever.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def serve(request: HttpRequest, **named: Any) -> HttpResponse:
            response = view(request, **named)
            if response.status_code < 300 and not getattr(request, "htmx", False):
                response = HttpResponseRedirect(reverse(page, kwargs=named))
            patch_vary_headers(response, ["HX-Request"])
            return response

        return serve

    return decorate
