"""Small pieces of the fields that ask for parameters."""

from collections.abc import Iterator, Sequence
from functools import cache
from zoneinfo import available_timezones

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.catalogue.search_index import WORD
from jobs.web.parameter_fields import ParameterField

_MOST_LINES = 12
_SPARE = 2
register = template.Library()


@register.simple_tag
def control_attributes(field: ParameterField) -> SafeString:
    """Return the attributes that every single control has: its id, its name, and what describes it."""
    described = field.help or field.problems or field.words
    return format_html(
        'id="p-{}" name="{}"{}{}',
        field.name,
        field.html_name,
        format_html(' aria-describedby="h-{}"', field.name) if described else "",
        SafeString(' aria-invalid="true"') if field.problems else "",
    )


@register.filter
def rows(text: str | None) -> int:
    """Return how many lines to show for `text`: one more than it has."""
    return min((text or "").count("\n") + (2 if text else 1), _MOST_LINES)


@register.filter
def spare_rows(pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[int, str, str]]:
    """Yield number, key and value of each row of a hashtable, and of some empty ones behind them."""
    yield from ((number, key, value) for number, (key, value) in enumerate([*pairs, *[("", "")] * _SPARE]))


@register.simple_tag
@cache
def time_zones() -> list[str]:
    """Return the names of places by which people know their time zone, and UTC."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))]


@register.filter
def coded(sentence: str) -> SafeString:
    """Return a sentence with what stands between backticks as code."""
    pieces = sentence.split("`")
    if len(pieces) % 2 == 0:
        return format_html("{}", sentence)
    marked = (format_html("<code>{}</code>" if at % 2 else "{}", piece) for at, piece in enumerate(pieces))
    return format_html_join("", "{}", ((piece,) for piece in marked))


@register.filter
def breakable(name: str) -> SafeString:
    """Return a name that may be broken between its words."""
    return format_html_join("", "{}<wbr>", ((piece,) for piece in WORD.sub(r"\g<0>\n", name).split("\n") if piece))
