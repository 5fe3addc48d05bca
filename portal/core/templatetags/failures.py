"""Links to the help on a failure, wherever its class is at hand."""

from django import template
from django.urls import reverse
from django.utils.html import format_html

from portal.core.explanations import known_explanation, title_of

register = template.Library()


@register.simple_tag
def failure_link(error_class: str, word: str = "") -> str:
    """Return `word`, or the failure's title, as a link to its help; without a link where nobody has explained it."""
    shown = word or title_of(error_class)
    if known_explanation(error_class) is None:
        return format_html("{}", shown)
    return format_html('<a href="{}">{}</a>', reverse("jobs:failure", args=[error_class]), shown)
