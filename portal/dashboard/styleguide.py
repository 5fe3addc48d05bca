"""Every component in each of its states, both themes side by side; routed in development only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from jobs.web.pictures import bar_markup
from portal.core.colours import Vision, hexadecimal, linear, seen
from portal.core.htmx import render_page
from portal.core.pictures import Picture
from portal.core.templatetags.states import LOOKS
from portal.dashboard.outcomes import outcomes_picture

THEMES = ("light", "dark")
COUNTS: dict[str, int] = {"succeeded": 187, "failed": 31, "errored": 6, "unknown": 2}
LONG_NAME = "Société d’Exploitation des Établissements Müller-Lüdenscheidt 🏭"
_STATE_COLOURS = re.compile(r"--state-([a-z]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")


@dataclass(frozen=True, slots=True)
class Option:
    """One tab or one value of a facet."""

    word: str
    url: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of options."""

    title: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of the states in one theme, as one kind of vision sees them."""

    title: str
    swatches: SafeString


class SpecimenForm(forms.Form):
    """One field of each kind, some of them wrong."""

    name = forms.CharField(help_text="As people call it.")
    kind = forms.ChoiceField(choices=[("a", "Static"), ("b", "By rule")], required=False)
    number = forms.IntegerField(min_value=1, required=False)
    shared = forms.BooleanField(label="Everybody may use it", required=False)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the components."""
    now = timezone.now()
    context = {
        "themes": THEMES,
        "states": list(LOOKS),
        "tones": sorted({look.tone for look in LOOKS.values()}),
        "palettes": [(theme, _palettes(place)) for place, theme in enumerate(THEMES)],
        "tabs": [Option("Overview", "#", current=True), Option("Organizations", "#", 1200), Option("Events", "#", 0)],
        "facets": [Facet("Cloud", [Option("Worldwide", "#", 280, current=True), Option("GCC High", "#", 20)])],
        "form": SpecimenForm({"name": "", "number": "0"}),
        "bar": bar_markup(COUNTS, width=600, height=10),
        "picture": _picture(),
        "long_name": LONG_NAME,
        "moment": now - timedelta(minutes=12),
        "messages_shown": [
            ("good", "31 organizations added to “Gold”."),
            ("busy", "Reading organizations."),
            ("partly", "2 of 3 added."),
            ("bad", "Nothing was added: the group was deleted meanwhile."),
        ],
    }
    return render_page(request, "portal/styleguide.html", context)


def _palettes(theme: int) -> list[Palette]:
    sheet = (settings.BASE_DIR / "templates" / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    colours = [(name, pair[theme]) for name, *pair in _STATE_COLOURS.findall(sheet)]
    return [Palette(vision.name.capitalize(), _swatches(colours, vision)) for vision in Vision]


def _swatches(colours: Sequence[tuple[str, str]], vision: Vision) -> SafeString:
    width, height = 64, 40
    parts = [
        f'<g><title>{name}</title><rect x="{place * width}" width="{width - 4}" height="24" rx="3" '
        f'fill="{hexadecimal(seen(linear(colour), vision))}"/>'
        f'<text class="axis-text" x="{place * width}" y="38">{name}</text></g>'
        for place, (name, colour) in enumerate(colours)
    ]
    total = width * len(colours)
    return mark_safe(  # noqa: S308 - names and colours of our own
        f'<svg viewBox="0 0 {total} {height}" role="img" aria-label="Colours of the states">{"".join(parts)}</svg>'
    )


def _picture() -> Picture:
    today = timezone.now().date()
    days = {today - timedelta(days=back): {state: n * (back % 4) for state, n in COUNTS.items()} for back in range(12)}
    return outcomes_picture(days, today=today)
