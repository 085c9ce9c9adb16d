"""Find text that cannot be read on its background, by inline styles alone: every mail program keeps those."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from digest.core.colour import MIN_CONTRAST, MIN_CONTRAST_LARGE, Rgb, contrast_ratio, format_hex
from digest.lint.css import Css, parse_css
from digest.lint.css_colour import blend, parse_colour
from digest.lint.findings import Finding, serious
from digest.lint.page import HEADINGS, Page, describe_location, has_visible_text

_LARGE, _LARGE_BOLD = 24, 18.66
"""Pixels from which WCAG counts text as large: 18 points, or 14 in bold."""
_BOLD = 600
_LINK_BLUE = (0, 0, 238)
"""The colour in which browsers show a link that has none."""
_TAGS_WITHOUT_TEXT = ("head", "script", "style", "template")

_COLOUR = re.compile(r"#[0-9a-f]+|rgba?\([^()]*\)|[a-z]+(?![\w(-])", re.IGNORECASE)
_SIZE = re.compile(r"(?:^|\s)(\d{0,6}\.?\d{1,6})(px|pt|em|rem|%)")
_PIXELS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0}


@dataclass(frozen=True, slots=True)
class _TextStyle:
    """How text is shown; a colour is None where inline styles do not determine it, as over a picture."""

    colour: Rgb | None = (0, 0, 0)
    background: Rgb | None = (255, 255, 255)
    size: float = 16
    is_bold: bool = False
    is_shown: bool = True

    @property
    def min_contrast(self) -> float:
        """The contrast that WCAG AA requires."""
        return MIN_CONTRAST_LARGE if self.size >= (_LARGE_BOLD if self.is_bold else _LARGE) else MIN_CONTRAST


def check_contrast(page: Page) -> Iterator[Finding]:
    """Find text whose contrast is below WCAG AA. Text over a background picture is not judged."""
    styles: dict[etree._Element, _TextStyle] = {}
    for element in page.elements:
        parent = element.getparent()
        style = styles[element] = _style_of(element, styles[parent] if parent is not None else _TextStyle())
        if style.is_shown and style.size and style.colour and style.background and _has_own_text(element):
            ratio = contrast_ratio(style.colour, style.background)
            # Rounded, since colours are whole numbers: 4.499 is not a fault.
            if round(ratio, 2) < style.min_contrast:
                colours = f"{format_hex(style.colour)} on {format_hex(style.background)}"
                required = f"{style.min_contrast:g}"
                message = f"text in {colours} has a contrast of {ratio:.1f}, and WCAG AA requires {required}"
                hint = "make the text darker or its background lighter"
                yield serious("contrast", message, describe_location(element), hint)


def _style_of(element: etree._Element, inherited: _TextStyle) -> _TextStyle:
    """Return how an element's text is shown, given how its parent's is."""
    css = parse_css(element.get("style", ""))
    background = _background(element, css, inherited.background)
    is_hidden = css["display"] == "none" or css["visibility"] == "hidden" or css["opacity"] == "0"
    can_show = element.get("hidden") is None and element.tag not in _TAGS_WITHOUT_TEXT
    return replace(
        inherited,
        colour=_text_colour(element, css, background, inherited.colour),
        background=background,
        size=_font_size(css, inherited.size),
        is_bold=_is_bold(element, css, inherited),
        is_shown=inherited.is_shown and not is_hidden and can_show,
    )


def _background(element: etree._Element, css: Css, inherited: Rgb | None) -> Rgb | None:
    if element.get("background") or re.search(r"url\(|gradient\(", css["background"] + css["background-image"]):
        return None
    for value in (css["background-color"], css["background"], element.get("bgcolor", "")):
        if found := next((colour for text in _COLOUR.findall(value) if (colour := parse_colour(text))), None):
            return blend(found, inherited)
    return inherited


def _text_colour(element: etree._Element, css: Css, background: Rgb | None, inherited: Rgb | None) -> Rgb | None:
    text = css["color"] or (element.get("color", "") if element.tag == "font" else "")
    if text and text.lower() not in {"inherit", "currentcolor", "unset"}:
        return blend(colour, background) if (colour := parse_colour(text)) else None
    return _LINK_BLUE if element.tag == "a" and element.get("href") and not text else inherited


def _font_size(css: Css, inherited: float) -> float:
    if not (found := _SIZE.search(css["font-size"] or css["font"])) and css["font-size"] != "0":
        return inherited
    if not found:
        return 0
    number, unit = float(found[1]), found[2]
    if unit in {"em", "%"}:
        return inherited * number / (100 if unit == "%" else 1)
    return number * _PIXELS[unit]


def _is_bold(element: etree._Element, css: Css, inherited: _TextStyle) -> bool:
    text = css["font-weight"] or css["font"].partition("px")[0]
    if re.search(r"\bbold", text):
        return True
    if weight := re.search(r"\b[1-9]00\b", text):
        return int(weight[0]) >= _BOLD
    if "normal" in text or css["font"]:
        return False
    return inherited.is_bold or element.tag in {"b", "strong", "th", *HEADINGS}


def _has_own_text(element: etree._Element) -> bool:
    return any(map(has_visible_text, (element.text, *(child.tail for child in element))))
