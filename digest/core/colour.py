"""Colours: their contrast by WCAG, and an accent that can be read on a given background."""

from __future__ import annotations

import colorsys

MIN_CONTRAST, MIN_CONTRAST_LARGE = 4.5, 3.0
"""Contrast that WCAG 2.2 requires of text and of large text (1.4.3, level AA)."""

Rgb = tuple[float, float, float]
"""Red, green and blue, each from 0 to 255."""


def contrast_ratio(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def make_readable(colour: str, background: str) -> str:
    """Return the `#rrggbb` colour if it can be read on the background, else a darker or lighter one of the same hue."""
    red, green, blue = parse_hex(colour)
    behind = parse_hex(background)
    hue, lightness, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    goal = 0 if _luminance(behind) > 0.5 else 1  # noqa: PLR2004 - half way from black to white
    for step in range(51):
        channels = colorsys.hls_to_rgb(hue, lightness + (goal - lightness) * step / 50, saturation)
        # Judged as it will be written: in whole numbers.
        candidate = format_hex((channels[0] * 255, channels[1] * 255, channels[2] * 255))
        if contrast_ratio(parse_hex(candidate), behind) >= MIN_CONTRAST:
            return candidate
    return format_hex((goal * 255, goal * 255, goal * 255))


def parse_hex(colour: str) -> Rgb:
    """Return the channels of a colour written as `#rrggbb`."""
    red, green, blue = (int(colour[index : index + 2], 16) for index in (1, 3, 5))
    return red, green, blue


def format_hex(colour: Rgb) -> str:
    """Return the colour as `#rrggbb`."""
    return "#" + "".join(f"{round(channel):02x}" for channel in colour)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the definition's numbers
        for value in (channel / 255 for channel in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
