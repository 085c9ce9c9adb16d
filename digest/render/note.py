"""Convert the editor's note from Markdown into a few harmless HTML elements, and into plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAGS = {"a", "blockquote", "br", "em", "li", "ol", "p", "strong", "ul"}
_VOID = re.compile(r"<br>")


def note_to_html(markdown: str) -> Markup:
    """Return the note as HTML that is also well-formed XML, as MJML requires; empty for an empty note.

    Headings, pictures and raw HTML are left out: a note is a few lines above the news.
    """
    if not markdown.strip():
        return Markup("")
    import nh3

    html = nh3.clean(
        _parser().render(markdown),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    # nh3, a library made for this, has removed everything but the tags above.
    return Markup(_VOID.sub("<br />", html.replace("&nbsp;", "&#160;")).strip())  # noqa: S704


def note_to_text(markdown: str) -> str:
    """Return the note as plain text: URLs in brackets after their links, lists and quotations as people type them."""
    text = ""
    markers: list[str] = []  # what a line begins with, for each list or quotation it is in
    is_in_list = False  # whether the last line was of the list that is still open
    for token in _parser().parse(markdown):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            markers.append(f"{token.attrGet('start') or 1}. " if token.type.startswith("ordered") else "- ")
        elif token.type == "blockquote_open":
            markers.append("> ")
        elif token.type in ("bullet_list_close", "ordered_list_close", "blockquote_close"):
            markers.pop()
            is_in_list = is_in_list and bool(markers)
        elif token.type in ("inline", "fence", "code_block"):
            marker = markers[-1] if markers else ""
            first = "  " * len(markers[:-1]) + marker
            rest = first if marker == "> " else " " * len(first)
            lines = (_inline_text(token.children) if token.children else token.content.rstrip("\n")).split("\n")
            text += ("\n" if is_in_list else "\n\n") * bool(text) + first + f"\n{rest}".join(lines)
            is_in_list = marker not in ("", "> ")
            if marker[:1].isdigit():
                markers[-1] = f"{int(marker.partition('.')[0]) + 1}. "
    return text


def _inline_text(tokens: Sequence[Token]) -> str:
    text, open_links = "", list[tuple[str, int]]()
    for token in tokens:
        if token.type in ("text", "code_inline"):
            text += token.content
        elif token.type in ("softbreak", "hardbreak"):
            text += "\n"
        elif token.type == "link_open":
            open_links.append((str(token.attrGet("href")), len(text)))
        elif token.type == "link_close":
            url, start = open_links.pop()
            text += f" ({url})" if url.removeprefix("mailto:") != text[start:] else ""
    return text


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # imported here, since most editions have no note

    return MarkdownIt("commonmark", {"html": False, "breaks": True})
