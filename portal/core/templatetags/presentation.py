"""Words and numbers for people: times, counts, and the classes of form controls."""

import re
from datetime import UTC, datetime

from django import forms, template
from django.forms import BoundField
from django.utils import timezone
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


@register.filter
def relative(moment: datetime) -> str:
    """Return how far `moment` (aware) is from now: "just now", "12 min ago", "in 3 days"."""
    seconds = int((timezone.now() - moment).total_seconds())
    distance = abs(seconds)
    if distance < 5:
        return "just now"
    words = _distance(distance)
    return f"{words} ago" if seconds > 0 else f"in {words}"


def _distance(seconds: int) -> str:
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < 2 * DAY:
        return f"{seconds // HOUR} h"
    return f"{seconds // DAY} days"


@register.filter
def utc(moment: datetime) -> str:
    """Return `moment` (aware) in UTC to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@register.filter
def machine_time(moment: datetime) -> str:
    """Return `moment` (aware) for a `datetime` attribute: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@register.filter
def day(moment: datetime) -> str:
    """Return the day of `moment` (aware) in UTC, as "3 March 2027"."""
    return f"{moment.astimezone(UTC).day} {moment.astimezone(UTC):%B %Y}"


@register.filter
def days_left(moment: datetime) -> int:
    """Return how many whole days remain until `moment` (aware); negative when it has passed."""
    return (moment - timezone.now()).days


@register.filter
def counted(number: int, noun: str) -> str:
    """Return "1 organization", "1,200 organizations"; `noun` is the singular, or "singular,plural"."""
    singular, _, plural = noun.partition(",")
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


@register.filter
def highlighted(text: str, words: str) -> SafeString:
    """Return `text` with every occurrence of one of `words` marked."""
    wanted = sorted({word for word in words.split() if word}, key=len, reverse=True)
    if not wanted:
        return conditional_escape(text)
    parts = re.split(f"({'|'.join(map(re.escape, wanted))})", text, flags=re.IGNORECASE)
    pairs = ((f"<mark>{escape(part)}</mark>" if place % 2 else escape(part)) for place, part in enumerate(parts))
    return mark_safe("".join(pairs))  # noqa: S308 - every part is escaped


@register.filter
def control(field: BoundField) -> SafeString:
    """Return the control of `field` with Bootstrap's class for its kind, marked when it has errors."""
    kind = _kind(field.field.widget)
    given = str(field.field.widget.attrs.get("class", ""))
    names = [name for name in (given, kind, "is-invalid" if field.errors and kind else "") if name]
    return field.as_widget(attrs={"class": " ".join(names)} if names else {})


@register.filter
def is_choice_list(field: BoundField) -> bool:
    """Whether `field` is a group of radio buttons or checkboxes, which needs a legend instead of a label."""
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether `field` is one checkbox, whose label stands behind it."""
    return isinstance(field.field.widget, forms.CheckboxInput)


def _kind(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return ""
    return "form-select" if isinstance(widget, forms.Select) else "form-control"
