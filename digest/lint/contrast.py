"""Text that cannot be read on its background, by the inline styles alone: those that every mail program keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from lxml import etree

from digest.core.colour import MIN_CONTRAST, MIN_CONTRAST_LARGE, Rgb, contrast_ratio, format_hex
from digest.lint import css
from digest.lint.css import Css
from digest.lint.findings import Finding, serious
from digest.lint.page import HEADINGS, Page, place_of, visible

_LARGE, _LARGE_BOLD = 24, 18.66
"""Pixels from which text is large: 18 points, or 14 in bold."""
_BOLD = 600
_NO_TEXT = ("head", "script", "style", "template")

_COLOUR = re.compile(r"#[0-9a-f]+|rgba?\([^()]*\)|[a-z]+(?![\w(-])", re.IGNORECASE)
_SIZE = re.compile(r"(?:^|\s)(\d{0,6}\.?\d{1,6})(px|pt|em|rem|%)")
_PIXELS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0}


@dataclass(frozen=True, slots=True)
class _Look:
    """How text comes out; a colour is None where inline styles do not tell, as over a picture."""

    colour: Rgb | None = (0, 0, 0)
    background: Rgb | None = (255, 255, 255)
    size: float = 16
    bold: bool = False
    shown: bool = True


def of_contrast(page: Page) -> Iterator[Finding]:
    """Findings about text whose contrast is below AA. A background picture hides what is below it from this rule."""
    looks: dict[etree._Element, _Look] = {}
    for element in page.elements:
        parent = element.getparent()
        look = looks[element] = _looks(element, looks[parent] if parent is not None else _Look())
        if look.shown and look.size and look.colour and look.background and _says_something(element):
            ratio = contrast_ratio(look.colour, look.background)
            large = look.size >= (_LARGE_BOLD if look.bold else _LARGE)
            least = MIN_CONTRAST_LARGE if large else MIN_CONTRAST
            # A hair's breadth below is no difference: colours are rounded to whole numbers.
            if round(ratio, 2) < least:
                colours = f"{format_hex(look.colour)} on {format_hex(look.background)}"
                what = f"text in {colours} has a contrast of {ratio:.1f}, and WCAG AA asks {least:g}"
                yield serious("contrast", what, place_of(element), "make the text darker or its background lighter")


def _looks(element: etree._Element, above: _Look) -> _Look:
    """How an element's text comes out, given how its parent's does."""
    style = css.parse(element.get("style", ""))
    background = _background(element, style, above.background)
    unseen = style["display"] == "none" or style["visibility"] == "hidden" or style["opacity"] == "0"
    return replace(
        above,
        colour=_text_colour(element, style, background, above.colour),
        background=background,
        size=_size(style, above.size),
        bold=_bold(element, style, above.bold),
        shown=above.shown and not unseen and element.get("hidden") is None and element.tag not in _NO_TEXT,
    )


def _background(element: etree._Element, style: Css, above: Rgb | None) -> Rgb | None:
    if element.get("background") or re.search(r"url\(|gradient\(", style["background"] + style["background-image"]):
        return None
    for value in (style["background-color"], style["background"], element.get("bgcolor", "")):
        if found := next((colour for said in _COLOUR.findall(value) if (colour := rgba(said))), None):
            return _over(found, above)
    return above


def _text_colour(element: etree._Element, style: Css, background: Rgb | None, above: Rgb | None) -> Rgb | None:
    said = style["color"] or (element.get("color", "") if element.tag == "font" else "")
    if said and said.lower() not in {"inherit", "currentcolor", "unset"}:
        return _over(found, background) if (found := rgba(said)) else None
    # Browsers show a link in their own blue unless it is told otherwise.
    return (0, 0, 238) if element.tag == "a" and element.get("href") and not said else above


def _size(style: Css, above: float) -> float:
    if not (found := _SIZE.search(style["font-size"] or style["font"])) and style["font-size"] != "0":
        return above
    if not found:
        return 0
    number, unit = float(found[1]), found[2]
    if unit in {"em", "%"}:
        return above * number / (100 if unit == "%" else 1)
    return number * _PIXELS[unit]


def _bold(element: etree._Element, style: Css, above: bool) -> bool:  # noqa: FBT001 - a value, no switch
    said = style["font-weight"] or style["font"].partition("px")[0]
    if re.search(r"\bbold", said):
        return True
    if weight := re.search(r"\b[1-9]00\b", said):
        return int(weight[0]) >= _BOLD
    if "normal" in said or style["font"]:
        return False
    return above or element.tag in {"b", "strong", "th", *HEADINGS}


def _says_something(element: etree._Element) -> bool:
    return any(map(visible, (element.text, *(child.tail for child in element))))


def rgba(said: str) -> tuple[float, float, float, float] | None:
    """A CSS colour as red, green and blue to 255 and opacity to 1; None for what is no colour known here."""
    said = said.strip().lower()
    if digits := re.fullmatch(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", said):
        pairs = digits[1] if len(digits[1]) > 4 else "".join(char * 2 for char in digits[1])  # noqa: PLR2004 - #rgba
        solid = bytes.fromhex(pairs.ljust(8, "f"))
        return solid[0], solid[1], solid[2], solid[3] / 255
    if function := re.fullmatch(r"rgba?\(([^()]*)\)", said):
        parts = re.findall(r"(\d*\.?\d+)(%?)", function[1])
        if len(parts) not in {3, 4}:
            return None
        red, green, blue = (min(float(number) * (2.55 if percent else 1), 255) for number, percent in parts[:3])
        opacity = [float(number) / (100 if percent else 1) for number, percent in parts[3:]]
        return red, green, blue, min([1.0, *opacity])
    return _names().get(said)


@cache
def _names() -> dict[str, tuple[float, float, float, float]]:
    # Here, not above: importing it takes longer than linting an email.
    from cssutils.css.colors import COLORS

    return {name.lower(): value for name, value in COLORS.items()}


def _over(colour: tuple[float, float, float, float], background: Rgb | None) -> Rgb | None:
    """A colour as it looks on a background."""
    *solid, alpha = colour
    if alpha == 1:
        return solid[0], solid[1], solid[2]
    if background is None:
        return None
    red, green, blue = (top * alpha + bottom * (1 - alpha) for top, bottom in zip(solid, background, strict=True))
    return red, green, blue
