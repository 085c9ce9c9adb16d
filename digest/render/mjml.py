"""Turn MJML into the HTML that goes out: rendered, checked, its CSS inlined.

Every step works around something that these libraries were seen to get wrong. After a change, look at the email again.
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
    """MJML that cannot be rendered; `offset` is the place in `to_ascii(source)`, None where MJML does not say."""

    def __init__(self, message: str, offset: int | None) -> None:
        """`message` is a sentence without a full stop."""
        super().__init__(message)
        self.offset = offset


def to_ascii(source: str) -> str:
    """Return MJML with numeric references for all but ASCII, and with Unix line ends.

    mrml prints some characters in attributes as Rust debug strings.
    """
    unix = source.replace("\r\n", "\n").replace("\r", "\n")
    return unix.encode("ascii", "xmlcharrefreplace").decode("ascii")


def to_html(source: str, css: str) -> str:
    """Render MJML and write `css` into the elements' style attributes.

    Args:
        source: The MJML document.
        css: The rules to inline, without `!important`.

    Raises:
        MjmlError: the MJML is broken, or has a tag that MJML does not allow where it stands.
    """
    return _inline_css(_render(to_ascii(source)), css)


def _render(source: str) -> str:
    try:
        html: str = mjml.mjml2html(source, fonts={}, disable_comments=True)
    except ValueError as error:
        reason = " ".join(str(error).split())
        offset = int(found[0]) if (found := _OFFSET.search(reason)) else _find_xml_error(source)
        raise MjmlError(f"MJML cannot be rendered: {reason}", offset) from None
    if unknown := _UNKNOWN_TAG.search(html):
        # mrml copies such a tag to its output, so what follows it there also finds it in the source.
        verbatim = source.find(html[unknown.start() : unknown.start() + 60])
        offset_of_tag = verbatim if verbatim >= 0 else source.find(unknown[0])
        raise MjmlError(f"MJML does not allow <{unknown[1]}> here", offset_of_tag)
    if _IMPORT.search(html):
        raise MjmlError("a style block has @import, which mail programs ignore", max(source.find("@import"), 0))
    # MJML's own style blocks stay as they are: media queries and Outlook need them.
    return html.replace('<style type="text/css">', '<style type="text/css" data-premailer="ignore">')


def _find_xml_error(source: str) -> int | None:
    """Return where MJML is not well-formed, for errors that mrml does not locate."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    etree.fromstring(source, parser)
    for error in parser.error_log:
        if error.type_name != "ERR_UNDECLARED_ENTITY":  # such as &nbsp;, an error in XML but not in MJML
            # libxml2 counts from one, and reports the place after a tag that it cannot match.
            lines_before = source.split("\n")[: error.line - 1]
            return sum(len(line) + 1 for line in lines_before) + max(int(error.column) - 2, 0)
    return None


def _inline_css(html: str, css: str) -> str:
    # Imported here, not above: they would be two thirds of the time that importing this package takes.
    import cssutils
    import premailer

    # cssutils logs every property that is newer than CSS 2.
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
        # mrml gives the table of an mj-table no role; without one it is read out cell by cell.
        table.set("role", table.get("role", "presentation"))
    # lxml loses MJML's spelling of the doctype, and without a doctype mail programs fall into quirks mode.
    inlined: str = etree.tostring(page, method="html", encoding="unicode", doctype="<!DOCTYPE html>")
    # A replacement in the text, since lxml does not look into conditional comments.
    return inlined.replace(' data-premailer="ignore"', "")


def _save_bytes(page: etree._Element) -> None:
    """Remove classes that no style block names, and spaces between declarations: Gmail counts every byte."""
    used = set(re.findall(r"\.([A-Za-z][\w-]*)", " ".join(style.text or "" for style in page.iter("style"))))
    for element in page.iterfind(".//*[@class]"):
        kept = [name for name in element.get("class", "").split() if name in used]
        if kept:
            element.set("class", " ".join(kept))
        else:
            del element.attrib["class"]
    for element in page.iterfind(".//*[@style]"):
        element.set("style", element.get("style", "").replace("; ", ";"))
