"""Check the HTML part as a whole: language, direction, headings, nesting, and the comments that Outlook reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lxml import etree

from digest.lint.findings import Finding, minor, serious
from digest.lint.page import HEADINGS, Page, describe_location, is_hidden, shorten

_CONDITIONAL = re.compile(r"<!(?:--)?\[(if\b[^\]<]{0,200}|endif)\]", re.IGNORECASE)
_MAX_DEPTH = 200
"""Levels of nesting, below the 256 at which libxml2 stops by default; a table in a table is six."""
_NEAR = 60
"""Characters before a conditional comment that show where it is."""


def check_language(page: Page) -> Iterator[Finding]:
    """Check that the document has a language and a direction."""
    body = next(page.find_all("body"), page.root)
    if not page.root.get("lang", "").strip():
        message = "no lang, so a screen reader may speak it in another language"
        yield serious("lang", message, "<html>", "set lang in digest.mjml")
    if page.root.get("dir") not in {"ltr", "rtl", "auto"} and body.get("dir") not in {"ltr", "rtl", "auto"}:
        message = "no dir, so Arabic or Hebrew would begin on the wrong side"
        yield minor("dir", message, "<html>", "set dir in digest.mjml")


def check_headings(page: Page) -> Iterator[Finding]:
    """Check the outline: one h1, and no level skipped on the way down (WCAG 2.2, 1.3.1)."""
    headings = [heading for heading in page.find_all(*HEADINGS) if not is_hidden(heading)]
    titles = [heading for heading in headings if heading.tag == "h1"]
    if len(titles) != 1:
        message = f"{len(titles)} h1, and a page has one" if titles else "no h1, and a page has one"
        location = describe_location(titles[1]) if titles else "HTML part"
        yield minor("heading-order", message, location, "make the publication's name the only h1")
    for above, heading in pairwise(headings):
        if int(heading.tag[1]) > int(above.tag[1]) + 1:
            message = f"{heading.tag} follows {above.tag}: a level is skipped"
            yield minor("heading-order", message, describe_location(heading), f"make it h{int(above.tag[1]) + 1}")


def check_nesting(page: Page) -> Iterator[Finding]:
    """Check how deep elements are nested: past some depth parsers, ours included, lose the rest."""
    depths: dict[etree._Element, int] = {}
    for element in page.elements:
        parent = element.getparent()
        depths[element] = depths[parent] + 1 if parent is not None else 1
    if (deepest := max(depths.values())) > _MAX_DEPTH:
        message = f"elements are nested {deepest} deep, and what is deeper may be lost"
        yield serious("nesting", message, "HTML part", "close the elements that are left open, or nest less")


def check_conditional_comments(html: str) -> Iterator[Finding]:
    """Check that `<!--[if mso]>` and `<![endif]-->` are paired: Outlook drops everything after one left open."""
    opened: re.Match[str] | None = None
    for found in _CONDITIONAL.finditer(html):
        opens = found[1].lower() != "endif"
        if opens and opened:
            yield _unbalanced(html, opened, "is still open where the next one begins")
        elif not opens and not opened:
            yield _unbalanced(html, found, "closes nothing that was opened")
        opened = found if opens else None
    if opened:
        yield _unbalanced(html, opened, "is never closed")


def _unbalanced(html: str, found: re.Match[str], fault: str) -> Finding:
    line = html.count("\n", 0, found.start()) + 1
    before = " ".join(html[max(0, found.start() - _NEAR) : found.start()].split())
    location = f"HTML part, line {line}" + (f", after `{shorten(before)}`" if before else "")
    hint = "write each <!--[if mso]> with its <![endif]-->"
    return serious("conditional-comment", f"{found[0]} {fault}", location, hint)
