"""Find which of caniemail's features an email uses, by their names there (`css-display-flex`, `html-video`).

Names are derived from what is found; the data decides which of them it knows. `css-margin#1` is a use of a feature to
which its note 1 applies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from digest.lint.css import Css, parse_css
from digest.lint.page import HEADINGS, Page, describe_location, get_file_name

_ELEMENTS = {
    **dict.fromkeys(HEADINGS, "html-h1-h6"),
    **dict.fromkeys(("ul", "ol", "li", "dl", "dt", "dd"), "html-lists"),
    **dict.fromkeys(("map", "area"), "html-image-maps"),
    **dict.fromkeys(
        [
            "article",
            "aside",
            "details",
            "figcaption",
            "figure",
            "footer",
            "header",
            "main",
            "mark",
            "nav",
            "section",
            "summary",
            "time",
        ],
        "html-semantics",
    ),
}
_ATTRIBUTES = frozenset(
    (
        *("align", "background", "cellpadding", "cellspacing", "dir", "height", "hidden", "lang", "loading", "popover"),
        *("required", "role", "srcset", "target", "valign", "width"),
        *("aria-describedby", "aria-hidden", "aria-label", "aria-labelledby", "aria-live"),
    )
)
_PROPERTIES = (
    (re.compile(r"--.*"), "css-variables"),
    (re.compile(r"(margin|padding)-(top|right|bottom|left)"), r"css-\1"),
    (re.compile(r"border(-(top|right|bottom|left))?(-(width|style|color))?"), "css-border"),
    (re.compile(r"border-(top|bottom)-(left|right)-radius"), "css-border-radius"),
    (re.compile(r"top|right|bottom|left"), "css-left-right-top-bottom"),
    (re.compile(r"(row|column)-gap"), "css-gap"),
    (re.compile(r"grid-template-.*"), "css-grid-template"),
    (re.compile(r"overflow-[xy]"), "css-overflow"),
    (re.compile(r"animation-.*"), "css-animation"),
    (re.compile(r"transition-.*"), "css-transition"),
    (re.compile(r"(.*)"), r"css-\1"),
)
_FUNCTIONS = {
    "calc": "css-unit-calc",
    "var": "css-variables",
    **{name: f"css-function-{name}" for name in ("clamp", "light-dark", "max", "min")},
    **{name: f"css-{name}" for name in ("rgb", "rgba", "linear-gradient", "radial-gradient", "conic-gradient")},
    **dict.fromkeys(("lab", "lch", "oklab", "oklch"), "css-modern-color"),
}
_DISPLAYS = {"flex": "-flex", "inline-flex": "-flex", "grid": "-grid", "inline-grid": "-grid", "none": "-none"}
_SELECTORS = (
    (re.compile(r">"), "child"),
    (re.compile(r"\+"), "adjacent-sibling"),
    (re.compile(r"~"), "general-sibling"),
    (re.compile(r"\*"), "universal"),
    (re.compile(r"#"), "id"),
    (re.compile(r"\."), "class"),
    (re.compile(r"\.[\w-]+\."), "chaining"),
    (re.compile(r"[\w\])]\s+[\w.#\[:*]"), "descendant"),
    (re.compile(r"(^|[\s>+~])[a-zA-Z]"), "type"),
)
_PSEUDO_ELEMENTS = {"after", "before", "first-letter", "first-line", "marker", "placeholder"}


def find_features(page: Page) -> dict[str, str]:
    """Return each feature that an email uses, with the first place where it does."""
    places: dict[str, etree._Element | str] = {}
    for element in page.elements:
        for name in (*_features_of_element(element), *_features_of_css(parse_css(element.get("style", "")))):
            places.setdefault(name, element)
    for number, style in enumerate(page.find_all("style"), start=1):
        for name in _features_of_css(parse_css(style.text or "")):
            places.setdefault(name, f"style block {number}")
    return {name: place if isinstance(place, str) else describe_location(place) for name, place in places.items()}


def _features_of_element(element: etree._Element) -> Iterator[str]:
    tag, kind = str(element.tag), element.get("type", "").lower()
    if tag == "input":
        yield f"html-input-{kind or 'text'}"
    elif tag == "button":
        yield f"html-button-{kind or 'submit'}"
    else:
        yield _ELEMENTS.get(tag, f"html-{tag}")
    yield from (f"html-{name}" for name in _ATTRIBUTES.intersection(map(str, element.keys())))
    if tag == "meta" and element.get("name") == "color-scheme":
        yield "html-meta-color-scheme"
    if (link := element.get("href", "")) and tag == "a":
        yield from (
            name
            for start, name in (("#", "html-anchor-links"), ("mailto:", "html-mailto-links"))
            if link.startswith(start)
        )
    if source := element.get("src", "") if tag == "img" else "":
        ending = get_file_name(source).rpartition(".")[2].lower()
        yield "image-base64" if source.startswith("data:") else f"image-{'jpg' if ending == 'jpeg' else ending}"


def _features_of_css(css: Css) -> Iterator[str]:
    for name, value in css.declarations:
        yield from _features_of_declaration(name, value.lower())
    for selector in css.selectors:
        yield from _features_of_selector(selector)
    for name, rest in css.at_rules:
        yield f"css-at-{name}"
        if name == "media":
            yield from (f"css-at-media-{feature}" for feature in re.findall(r"\(\s*(?:any-)?([\w-]+)", rest.lower()))


def _features_of_declaration(name: str, value: str) -> Iterator[str]:
    yield next(found.expand(slug) for known, slug in _PROPERTIES if (found := known.fullmatch(name)))
    if "!important" in value.replace(" ", ""):
        yield "css-important"
    if name == "display":
        yield f"css-display{_DISPLAYS.get(value.split('!', maxsplit=1)[0].strip(), '')}"
    if name.startswith("margin") and re.search(r"(^|\s)-\d", value):
        yield "css-margin#1"
    if re.search(r"\brgba?\([^,()]+\)", value):
        yield "css-rgb#1"
    if re.search(r"\brgb\((?:[^,()]*/|(?:[^,()]*,){3})", value):
        yield "css-rgb#2"
    yield from (_FUNCTIONS[function] for function in re.findall(r"([a-z-]{1,30})\(", value) if function in _FUNCTIONS)
    plain = re.sub(r"url\([^()]*\)|\"[^\"]*\"|'[^']*'|#[0-9a-f]+", "", value)
    yield from (f"css-unit-{unit}" for unit in re.findall(r"\d(%|[a-z]+)\b", plain.replace("%", "percent")))


def _features_of_selector(selector: str) -> Iterator[str]:
    if "[" in selector:
        yield "css-selector-attribute"
    plain = re.sub(r"\[[^\]]*\]", "", selector)
    if "," in plain:
        yield "css-selector-grouping"
    for pseudo in re.findall(r":([a-z-]+)", plain):
        yield f"css-pseudo-{'element' if pseudo in _PSEUDO_ELEMENTS else 'class'}-{pseudo}"
    for part in plain.split(","):
        yield from (f"css-selector-{name}" for shape, name in _SELECTORS if shape.search(part.strip()))
