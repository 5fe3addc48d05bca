"""The keys that work on every page."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.core.htmx import render_page


@require_safe
def key_list(request: HttpRequest) -> HttpResponse:
    """List the keys; the dialog on every page shows the same list."""
    return render_page(request, "portal/keys.html", {})
