"""The tokens' colours: readable on the surfaces that they stand on, in both colour schemes."""

import re

import pytest
from django.conf import settings

from portal.core.templatetags.states import LOOKS

SHEET = (settings.BASE_DIR / "templates" / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = SHEET.split("@media (prefers-color-scheme: dark)")
TINTS = {"light": 0.10, "dark": 0.16}


def tokens(scheme: str) -> dict[str, str]:
    pattern = r"--([a-z-]+): (#[0-9a-f]{6});"
    return dict(re.findall(pattern, LIGHT)) | (dict(re.findall(pattern, DARK)) if scheme == "dark" else {})


def channels(colour: str) -> list[float]:
    return [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]


def luminance(rgb: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_readable_on_its_own_badge(scheme: str) -> None:
    colours, tint = tokens(scheme), TINTS[scheme]
    tones = {name: colour for name, colour in colours.items() if name.startswith("state-")}
    assert {f"state-{look.tone}" for look in LOOKS.values()} <= set(tones)
    for name, colour in tones.items():
        text, surface = channels(colour), channels(colours["surface"])
        badge = [tint * t + (1 - tint) * s for t, s in zip(text, surface, strict=True)]
        assert contrast(text, badge) >= 4.5, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "behind"),
    [
        *[
            (text, behind)
            for text in ("ink", "ink-muted", "accent", "danger")
            for behind in ("page", "surface", "surface-sunken")
        ],
        ("accent-ink", "accent"),
        ("accent-ink", "accent-strong"),
        ("danger-ink", "danger"),
        ("demo-ink", "demo"),
    ],
)
def test_text_is_readable(scheme: str, text: str, behind: str) -> None:
    colours = tokens(scheme)
    assert contrast(channels(colours[text]), channels(colours[behind])) >= 4.5


def test_no_two_states_share_icon_and_colour_within_runs_or_targets() -> None:
    from jobs.runs.states import RunState, TargetState
    from tenants.organizations.models import Reachability

    for states in (RunState, TargetState, Reachability):
        looks = [LOOKS[state.value] for state in states]
        assert len({look.icon for look in looks}) == len(looks)
        assert [look.label for look in looks] == [state.label for state in states]
