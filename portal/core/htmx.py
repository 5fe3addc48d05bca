"""Full page or fragment: the one place that reads htmx's headers."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
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
