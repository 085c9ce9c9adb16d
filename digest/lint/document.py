"""Rules on the HTML part as a whole: language, direction, headings, and the comments that Outlook reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lxml import etree

from digest.lint.findings import Finding, minor, serious
from digest.lint.page import HEADINGS, Page, cut, hidden, place_of

_CONDITIONAL = re.compile(r"<!(?:--)?\[(if\b[^\]<]{0,200}|endif)\]", re.IGNORECASE)
_DEEPEST = 200
"""Elements in elements, below the 256 where libxml2 stops by default; a table in a table is six."""
_NEAR = 60
"""Characters before a conditional comment that show where it is."""


def of_language(page: Page) -> Iterator[Finding]:
    """Findings about the document's language and direction."""
    body = next(page.named("body"), page.root)
    if not page.root.get("lang", "").strip():
        what = "no lang, so a screen reader may speak it in another language"
        yield serious("lang", what, "<html>", "set lang in digest.mjml")
    if page.root.get("dir") not in {"ltr", "rtl", "auto"} and body.get("dir") not in {"ltr", "rtl", "auto"}:
        what = "no dir, so Arabic or Hebrew would begin at the wrong side"
        yield minor("dir", what, "<html>", "set dir in digest.mjml")


def of_headings(page: Page) -> Iterator[Finding]:
    """Findings about the outline: one h1, and no level left out on the way down (WCAG 2.2, 1.3.1)."""
    headings = [heading for heading in page.named(*HEADINGS) if not hidden(heading)]
    titles = [heading for heading in headings if heading.tag == "h1"]
    if len(titles) != 1:
        what = f"{len(titles)} h1, and a page has one" if titles else "no h1, and a page has one"
        where = place_of(titles[1]) if titles else "HTML part"
        yield minor("heading-order", what, where, "make the publication's name the only h1")
    for above, heading in pairwise(headings):
        if int(heading.tag[1]) > int(above.tag[1]) + 1:
            what = f"{heading.tag} comes after {above.tag}: a level is left out"
            yield minor("heading-order", what, place_of(heading), f"make it h{int(above.tag[1]) + 1}")


def of_nesting(page: Page) -> Iterator[Finding]:
    """Findings about elements in elements: past some depth parsers, ours too, lose what is deeper."""
    depths: dict[etree._Element, int] = {}
    for element in page.elements:
        parent = element.getparent()
        depths[element] = depths[parent] + 1 if parent is not None else 1
    if (deepest := max(depths.values())) > _DEEPEST:
        what = f"elements stand {deepest} deep in each other, and what is deeper may be lost"
        yield serious("nesting", what, "HTML part", "close what is left open, or nest less")


def of_conditional_comments(html: str) -> Iterator[Finding]:
    """Findings about `<!--[if mso]>` and `<![endif]-->`: Outlook drops all that follows one that is left open."""
    opened: re.Match[str] | None = None
    for found in _CONDITIONAL.finditer(html):
        opens = found[1].lower() != "endif"
        if opens and opened:
            yield _unbalanced(html, opened, "is still open where the next one begins")
        elif not opens and not opened:
            yield _unbalanced(html, found, "closes what was never opened")
        opened = found if opens else None
    if opened:
        yield _unbalanced(html, opened, "is never closed")


def _unbalanced(html: str, found: re.Match[str], what: str) -> Finding:
    line = html.count("\n", 0, found.start()) + 1
    before = " ".join(html[max(0, found.start() - _NEAR) : found.start()].split())
    where = f"HTML part, line {line}" + (f", after `{cut(before)}`" if before else "")
    return serious("conditional-comment", f"{found[0]} {what}", where, "write each <!--[if mso]> with <![endif]-->")
