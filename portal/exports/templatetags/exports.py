"""The export button of a list."""

from django import template
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from portal.accounts.web.access import actor_of
from portal.exports.listings import listing_named
from portal.exports.services import part_of_a_file
from portal.exports.web.rows import menu_id

register = template.Library()


@register.simple_tag(takes_context=True)
def export_menu(
    context: template.RequestContext, listing: str, of: object = "", query: str = "", word: str = ""
) -> SafeString:
    """Return the button that exports `listing` as the page shows it; nothing for those who may not.

    `of` is the thing whose parts are listed; without a `query`, that of the page counts.
    """
    request: HttpRequest = context.request
    if not listing_named(listing).allows(actor_of(request)):
        return SafeString("")
    asked = part_of_a_file(query or request.GET.urlencode())
    values = {
        "id": menu_id(listing, str(of or "")),
        "listing": listing,
        "of": of or "",
        "query": asked.urlencode(),
        "follows": not query,
        "word": word,
    }
    return render_to_string("exports/_menu.html", values, request=request)
