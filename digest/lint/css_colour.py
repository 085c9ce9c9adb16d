"""Parse CSS colours, and blend those that are not opaque with their background."""

from __future__ import annotations

import re
from functools import cache

from digest.core.colour import Rgb

Rgba = tuple[float, float, float, float]
"""Red, green and blue from 0 to 255, opacity from 0 to 1."""


def parse_colour(text: str) -> Rgba | None:
    """Return the channels of a CSS colour, None for text that is not a colour in a notation known here."""
    text = text.strip().lower()
    if digits := re.fullmatch(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", text):
        pairs = digits[1] if len(digits[1]) > 4 else "".join(char * 2 for char in digits[1])  # noqa: PLR2004 - #rgba
        channels = bytes.fromhex(pairs.ljust(8, "f"))
        return channels[0], channels[1], channels[2], channels[3] / 255
    if function := re.fullmatch(r"rgba?\(([^()]*)\)", text):
        parts = re.findall(r"(\d*\.?\d+)(%?)", function[1])
        if len(parts) not in {3, 4}:
            return None
        red, green, blue = (min(float(number) * (2.55 if percent else 1), 255) for number, percent in parts[:3])
        opacity = [float(number) / (100 if percent else 1) for number, percent in parts[3:]]
        return red, green, blue, min([1.0, *opacity])
    return _named_colours().get(text)


def blend(colour: Rgba, background: Rgb | None) -> Rgb | None:
    """Return a colour as it looks on a background; None if that depends on a background that is unknown."""
    *channels, opacity = colour
    if opacity == 1:
        return channels[0], channels[1], channels[2]
    if background is None:
        return None
    red, green, blue = (
        over * opacity + under * (1 - opacity) for over, under in zip(channels, background, strict=True)
    )
    return red, green, blue


@cache
def _named_colours() -> dict[str, Rgba]:
    # Imported here, not above: importing it takes longer than linting an email.
    from cssutils.css.colors import COLORS

    return {name.lower(): value for name, value in COLORS.items()}
