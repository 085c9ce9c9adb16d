"""MJML into the HTML that goes out: rendered, checked, its CSS inlined.

Every step answers something seen to go wrong with these libraries; a change wants the email looked at again.
"""

from __future__ import annotations

import logging
import re

import mjml
from lxml import etree

_UNKNOWN_TAG = re.compile(r"<(mj-[a-z-]+|mjml)\b")
_OFFSET = re.compile(r"\d+")
_IMPORT = re.compile(r"<style[^>]*>[^<]*@import", re.IGNORECASE)


class MjmlError(ValueError):
    """MJML that cannot be rendered; `offset` is the place in `to_ascii(source)`, None where MJML does not tell."""

    def __init__(self, what: str, offset: int | None) -> None:
        """`what` is a sentence without a full stop."""
        super().__init__(what)
        self.offset = offset


def to_ascii(source: str) -> str:
    """Numeric references for all but ASCII: mrml prints some characters in attributes as Rust debug strings."""
    unix = source.replace("\r\n", "\n").replace("\r", "\n")
    return unix.encode("ascii", "xmlcharrefreplace").decode("ascii")


def to_html(source: str, css: str) -> str:
    """Render MJML and write `css` into the elements' style attributes.

    Args:
        source: The MJML document.
        css: The rules to inline, without `!important`.

    Raises:
        MjmlError: the MJML is broken, or has a tag that MJML does not know where it stands.
    """
    return _inline(_render(to_ascii(source)), css)


def _render(source: str) -> str:
    try:
        html: str = mjml.mjml2html(source, fonts={}, disable_comments=True)
    except ValueError as error:
        said = " ".join(str(error).split())
        offset = int(found[0]) if (found := _OFFSET.search(said)) else _not_xml(source)
        raise MjmlError(f"MJML cannot be rendered: {said}", offset) from None
    if unknown := _UNKNOWN_TAG.search(html):
        # mrml passes such a tag on as it stands, so it is found in the source by what follows it, too.
        verbatim = source.find(html[unknown.start() : unknown.start() + 60])
        offset_of_tag = verbatim if verbatim >= 0 else source.find(unknown[0])
        raise MjmlError(f"MJML does not know <{unknown[1]}> at this place", offset_of_tag)
    if _IMPORT.search(html):
        raise MjmlError("a style block has @import, which mail programs ignore", max(source.find("@import"), 0))
    # MJML's own style blocks stay as they are: they are what media queries and Outlook need.
    return html.replace('<style type="text/css">', '<style type="text/css" data-premailer="ignore">')


def _not_xml(source: str) -> int | None:
    """Where MJML is not well-formed, for errors that mrml does not place."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    etree.fromstring(source, parser)
    for error in parser.error_log:
        if error.type_name != "ERR_UNDECLARED_ENTITY":  # as &nbsp; is in XML, but not in MJML
            # libxml2 counts from one, and stands behind a tag that it cannot match.
            lines_before = source.split("\n")[: error.line - 1]
            return sum(len(line) + 1 for line in lines_before) + max(int(error.column) - 2, 0)
    return None


def _inline(html: str, css: str) -> str:
    # Here, not above: two thirds of what importing this package would cost.
    import cssutils
    import premailer

    # cssutils logs every property younger than CSS 2.
    cssutils.log.setLevel(logging.CRITICAL)
    page = etree.fromstring(html, etree.HTMLParser())
    premailer.Premailer(
        page,
        css_text=css,
        method="html",
        strip_important=False,
        allow_network=False,
        disable_validation=True,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        align_floating_images=False,
        remove_unset_properties=False,
        keep_style_tags=False,
        cssutils_logging_level=logging.CRITICAL,
    ).transform()
    _save_bytes(page)
    for table in page.iter("table"):
        # mrml has no role for the table of an mj-table; without one it is read out cell by cell.
        table.set("role", table.get("role", "presentation"))
    # The doctype is given anew: lxml loses MJML's spelling of it, and without one clients fall into quirks mode.
    inlined: str = etree.tostring(page, method="html", encoding="unicode", doctype="<!DOCTYPE html>")
    # lxml does not look into conditional comments.
    return inlined.replace(' data-premailer="ignore"', "")


def _save_bytes(page: etree._Element) -> None:
    """Take out classes that no style block names, and spaces between declarations: Gmail counts every byte."""
    used = set(re.findall(r"\.([A-Za-z][\w-]*)", " ".join(style.text or "" for style in page.iter("style"))))
    for element in page.iterfind(".//*[@class]"):
        kept = [name for name in element.get("class", "").split() if name in used]
        if kept:
            element.set("class", " ".join(kept))
        else:
            del element.attrib["class"]
    for element in page.iterfind(".//*[@style]"):
        element.set("style", element.get("style", "").replace("; ", ";"))
