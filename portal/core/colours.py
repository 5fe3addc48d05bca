"""Colours as people see them: contrast, distance, and what remains without one kind of receptor.

The simulation is that of Machado, Oliveira and Fernandes (2009) at full severity, on linear sRGB; the distance is
CIEDE2000 (Sharma, Wu and Dalal 2005).
"""

from enum import Enum
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

Rgb = tuple[float, float, float]
"""Linear sRGB, each channel from 0 to 1."""


class Vision(Enum):
    """Which receptors a person has; the value holds the rows of the simulation's matrix."""

    FULL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
    DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
    TRITANOPIA = ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900))


def linear(colour: str) -> Rgb:
    """Return `#rrggbb` as linear sRGB."""
    red, green, blue = (_opened(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return red, green, blue


def hexadecimal(rgb: Rgb) -> str:
    """Return linear sRGB as `#rrggbb`."""
    return "#" + "".join(f"{round(255 * _closed(channel)):02x}" for channel in rgb)


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """Return `share` of `one` in `other`, as `color-mix(in srgb, …)` does."""
    red, green, blue = (_opened(share * _closed(a) + (1 - share) * _closed(b)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of WCAG, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def seen(rgb: Rgb, vision: Vision) -> Rgb:
    """Return the colour that looks to full vision as `rgb` looks to `vision`."""
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * channel for weight, channel in zip(row, rgb, strict=True))))
        for row in vision.value
    )
    return red, green, blue


def distance(one: Rgb, other: Rgb) -> float:
    """Return CIEDE2000: about 1 is just noticeable side by side, 5 at a glance, 10 without looking closely."""
    (l1, a1, b1), (l2, a2, b2) = _lab(one), _lab(other)
    stretch = _chroma_term((hypot(a1, b1) + hypot(a2, b2)) / 2)
    a1, a2 = a1 * (1.5 - 0.5 * stretch), a2 * (1.5 - 0.5 * stretch)
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = degrees(atan2(b1, a1)) % 360, degrees(atan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = 2 * sqrt(c1 * c2) * sin(radians(turn / 2))
    middle_l, middle_c, middle_h = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    weight_l = 1 + 0.015 * (middle_l - 50) ** 2 / sqrt(20 + (middle_l - 50) ** 2)
    weight_c = 1 + 0.045 * middle_c
    weight_h = 1 + 0.015 * middle_c * _hue_term(middle_h)
    rotation = -sin(radians(60 * exp(-(((middle_h - 275) / 25) ** 2)))) * 2 * _chroma_term(middle_c)
    dl, dc, dh = (l2 - l1) / weight_l, (c2 - c1) / weight_c, hue / weight_h
    return sqrt(dl**2 + dc**2 + dh**2 + rotation * dc * dh)


def _chroma_term(chroma: float) -> float:
    return sqrt(chroma**7 / (chroma**7 + 25.0**7))


def _hue_term(hue: float) -> float:
    return (
        1
        - 0.17 * cos(radians(hue - 30))
        + 0.24 * cos(radians(2 * hue))
        + 0.32 * cos(radians(3 * hue + 6))
        - 0.20 * cos(radians(4 * hue - 63))
    )


def _lab(rgb: Rgb) -> tuple[float, float, float]:
    red, green, blue = rgb
    x = _cube_root((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047)
    y = _cube_root(0.2126729 * red + 0.7151522 * green + 0.0721750 * blue)
    z = _cube_root((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _cube_root(share: float) -> float:
    return float(share ** (1 / 3)) if share > 0.008856 else 7.787 * share + 16 / 116


def _luminance(rgb: Rgb) -> float:
    red, green, blue = rgb
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _opened(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _closed(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else float(1.055 * channel ** (1 / 2.4) - 0.055)
