"""The tokens' colours: readable on the surfaces that they stand on, and told apart by everybody, in both themes."""

import re
from itertools import combinations

import pytest
from django.conf import settings

from portal.core.colours import Vision, contrast, distance, linear, mixed, seen
from portal.core.templatetags.states import LOOKS

SHEET = (settings.BASE_DIR / "templates" / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
PAIRS = dict(re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\);", SHEET))
TINT = int(re.findall(r"--state-tint: (\d+)%;", SHEET)[0]) / 100
THEMES = ("light", "dark")
TOLD_APART = 9.0


def tokens(theme: str) -> dict[str, str]:
    return {name: pair.split(", ")[THEMES.index(theme)] for name, pair in PAIRS.items()}


def states(theme: str) -> dict[str, str]:
    return {name: colour for name, colour in tokens(theme).items() if name.startswith("state-")}


@pytest.mark.parametrize("theme", THEMES)
def test_every_state_is_readable_on_its_own_badge_and_as_text(theme: str) -> None:
    colours = tokens(theme)
    assert {f"state-{look.tone}" for look in LOOKS.values()} <= set(states(theme))
    for name, colour in states(theme).items():
        text, surface = linear(colour), linear(colours["surface"])
        assert contrast(text, mixed(text, surface, TINT)) >= 4.5, name
        for behind in ("page", "surface", "surface-raised", "surface-sunken"):
            assert contrast(text, linear(colours[behind])) >= 4.5, (name, behind)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", Vision, ids=lambda vision: str(vision.name).lower())
def test_states_are_told_apart_whatever_receptors_a_person_has(theme: str, vision: Vision) -> None:
    as_seen = {name: seen(linear(colour), vision) for name, colour in states(theme).items()}
    distances = {(one, other): distance(as_seen[one], as_seen[other]) for one, other in combinations(as_seen, 2)}
    nearest = min(distances, key=lambda pair: distances[pair])
    assert distances[nearest] >= TOLD_APART, f"{nearest}: {distances[nearest]:.1f}"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("text", "behind"),
    [
        *[
            (text, behind)
            for text in ("ink", "ink-muted", "accent", "danger")
            for behind in ("page", "surface", "surface-raised", "surface-sunken")
        ],
        ("accent-ink", "accent"),
        ("accent-ink", "accent-strong"),
        ("danger-ink", "danger"),
        ("demo-ink", "demo"),
        ("ink", "mark"),
        ("surface", "ink"),
    ],
)
def test_text_is_readable(theme: str, text: str, behind: str) -> None:
    colours = tokens(theme)
    assert contrast(linear(colours[text]), linear(colours[behind])) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", ["line-strong", "focus", "accent-fill"])
def test_marks_and_edges_of_controls_are_seen(theme: str, mark: str) -> None:
    colours = tokens(theme)
    for behind in ("page", "surface"):
        assert contrast(linear(colours[mark]), linear(colours[behind])) >= 3, behind


def test_no_two_states_share_icon_and_colour_within_runs_or_targets() -> None:
    from jobs.runs.states import RunState, TargetState
    from tenants.organizations.models import Reachability

    for kind in (RunState, TargetState, Reachability):
        looks = [LOOKS[state.value] for state in kind]
        assert len({look.icon for look in looks}) == len(looks)
        assert [look.label for look in looks] == [state.label for state in kind]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#ffffff", "#ffffff", 0.0),
        ("#000000", "#ffffff", 100.0),
        ("#ff0000", "#00ff00", 86.6),
        ("#0000ff", "#ff00ff", 32.4),
    ],
)
def test_distances_are_those_of_the_standard(one: str, other: str, expected: float) -> None:
    assert distance(linear(one), linear(other)) == pytest.approx(expected, abs=0.15)
