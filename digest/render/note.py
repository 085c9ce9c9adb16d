"""The editor's note: Markdown into a few harmless elements, and into plain text."""

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


def note_as_html(markdown: str) -> Markup:
    """The note as HTML that is well-formed XML too, which MJML wants; empty for an empty note.

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
    # Cleaned of everything but the tags above, by a library made for it.
    return Markup(_VOID.sub("<br />", html.replace("&nbsp;", "&#160;")).strip())  # noqa: S704


def note_as_text(markdown: str) -> str:
    """The note as plain text: links with their address behind them, lists and quotations as people type them."""
    text = ""
    marks: list[str] = []  # what a line in the list or quotation here begins with
    within = False  # whether the last line was of the list that is still open
    for token in _parser().parse(markdown):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            marks.append(f"{token.attrGet('start') or 1}. " if token.type.startswith("ordered") else "- ")
        elif token.type == "blockquote_open":
            marks.append("> ")
        elif token.type in ("bullet_list_close", "ordered_list_close", "blockquote_close"):
            marks.pop()
            within = within and bool(marks)
        elif token.type in ("inline", "fence", "code_block"):
            own = marks[-1] if marks else ""
            first = "  " * len(marks[:-1]) + own
            rest = first if own == "> " else " " * len(first)
            lines = (_inline(token.children) if token.children else token.content.rstrip("\n")).split("\n")
            text += ("\n" if within else "\n\n") * bool(text) + first + f"\n{rest}".join(lines)
            within = own not in ("", "> ")
            if own[:1].isdigit():
                marks[-1] = f"{int(own.partition('.')[0]) + 1}. "
    return text


def _inline(tokens: Sequence[Token]) -> str:
    text, links = "", list[tuple[str, int]]()
    for token in tokens:
        if token.type in ("text", "code_inline"):
            text += token.content
        elif token.type in ("softbreak", "hardbreak"):
            text += "\n"
        elif token.type == "link_open":
            links.append((str(token.attrGet("href")), len(text)))
        elif token.type == "link_close":
            address, begun = links.pop()
            text += f" ({address})" if address.removeprefix("mailto:") != text[begun:] else ""
    return text


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # here: most editions have no note

    return MarkdownIt("commonmark", {"html": False, "breaks": True})
