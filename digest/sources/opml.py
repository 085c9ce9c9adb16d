"""An OPML list of feeds as so many sources (http://opml.org/spec2.opml)."""

from __future__ import annotations

from lxml import etree

from digest.core.text import clean_line
from digest.errors import SourceError
from digest.models import Problem, Source
from digest.sources.context import Context
from digest.sources.fetch import retrieve
from digest.sources.normalize import web_address


def expand(source: Source, context: Context) -> tuple[list[Source], list[Problem]]:
    """The feeds of the list at a source, each a source of its own with the enclosing outline's name as category.

    Raises:
        SourceError: the list cannot be fetched or is not OPML.
    """
    return outlines(retrieve(source, context).body, source)


def outlines(body: bytes, source: Source) -> tuple[list[Source], list[Problem]]:
    """The same from the list's bytes; an outline whose address is none is a problem of its own."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        what = f"is not valid OPML: {clean_line(str(error))}"
        raise SourceError(what, location=source.location, hint="export the list again") from None
    found: dict[str, Source] = {}
    problems = []
    for outline in root.iter("outline"):
        told = outline.get("xmlUrl") or outline.get("xmlurl") or ""
        if not told:
            continue
        name = clean_line(outline.get("title") or outline.get("text") or told)
        url = web_address(told, source.url)
        if not url:
            problems.append(
                Problem(f"{source.location}:{outline.sourceline}", f"`{told[:80]}` is no web address", name)
            )
        elif all(feed.url != url for feed in found.values()):
            unique = name if name not in found else f"{name} ({url})"
            found[unique] = Source("feed", unique, url=url, category=_folder_of(outline) or source.category)
    if not found:
        raise SourceError("names no feed", location=source.location, hint="export the list again, as OPML")
    return list(found.values()), problems


def _folder_of(outline: etree._Element) -> str:
    parent = outline.getparent()
    return (
        clean_line(parent.get("title") or parent.get("text") or "")
        if parent is not None and parent.tag == "outline"
        else ""
    )
