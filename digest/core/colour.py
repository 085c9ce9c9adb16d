"""An accent colour that can be read on a given background."""

from __future__ import annotations

import colorsys

ENOUGH = 4.5
"""Contrast that WCAG 2.2 asks of text (1.4.3, level AA)."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, background: str) -> str:
    """The colour itself if it can be read on the background, else a darker or lighter one of the same hue."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    goal = 0 if _luminance(background) > 0.5 else 1  # noqa: PLR2004 - half way from black to white
    for step in range(51):
        moved = _text(colorsys.hls_to_rgb(hue, lightness + (goal - lightness) * step / 50, saturation))
        if contrast(moved, background) >= ENOUGH:
            return moved
    return _text((goal, goal, goal))


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    return red, green, blue


def _text(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the definition's numbers
        for value in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
