"""The editor's note: Markdown into a few harmless elements, or as it stands into plain text."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from markupsafe import Markup

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
        _parser()(markdown),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    # Cleaned of everything but the tags above, by a library made for it.
    return Markup(_VOID.sub("<br />", html.replace("&nbsp;", "&#160;")).strip())  # noqa: S704


@cache
def _parser() -> Callable[[str], str]:
    from markdown_it import MarkdownIt  # here: most editions have no note

    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return lambda text: str(markdown.render(text))
