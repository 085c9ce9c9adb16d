"""A page saved as plain text: the article it begins with, and its box of recent posts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from digest.core.text import clean_line
from digest.models import Article, Author, Source
from digest.sources.http import Document
from digest.sources.normalize import HEADLINE_LENGTH, cut
from digest.sources.relative_dates import moment_of

_CATEGORIES = re.compile(r"(?:categories|category|filed under|section)\s*:\s*(.+)", re.IGNORECASE)
_RECENT = re.compile(
    r"(?:recent|latest|related|more|other|popular)\s+(?:posts?|stories|news|articles|headlines)|you may also like",
    re.IGNORECASE,
)
_NAME_WORDS, _ROLE_WORDS = 6, 14
"""Words of the longest name and role that a line under an article may be."""


def articles_of_text(document: Document, source: Source, now: datetime) -> list[Article]:
    """The article, if the text begins with one, and the recent posts, each as headline, excerpt and age."""
    lines = [line for line in map(clean_line, _decoded(document.body).splitlines()) if line]
    recent = next((number for number, line in enumerate(lines) if _RECENT.fullmatch(line)), len(lines))
    own = _article(lines[:recent], source)
    return [*([own] if own else []), *_posts(lines[recent + 1 :], source, now)]


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _article(lines: Sequence[str], source: Source) -> Article | None:
    categories: tuple[str, ...] = ()
    rest = list(lines)
    if rest and (match := _CATEGORIES.fullmatch(rest[0])):
        categories = tuple(filter(None, (name.strip() for name in match[1].split(","))))
        rest = rest[1:]
    headline, *body = rest or [""]
    authors, body = _signed(body)
    # A headline over nothing is a list without a title, or no article at all.
    if not headline or not any(_is_sentence(line) for line in body):
        return None
    return Article(
        url=source.url,
        headline=headline[:HEADLINE_LENGTH],
        source=source.name,
        guid=f"text:{headline}",
        summary=cut(next(line for line in body if _is_sentence(line))),
        categories=categories,
        authors=authors,
    )


def _signed(body: Sequence[str]) -> tuple[tuple[Author, ...], list[str]]:
    """The author whose name, and role, stand under the last paragraph."""
    last = max((number for number, line in enumerate(body) if _is_sentence(line)), default=-1)
    signature = list(body[last + 1 :])
    if not signature or len(signature[0].split()) > _NAME_WORDS:
        return (), list(body)
    role = signature[1] if len(signature) > 1 and len(signature[1].split()) <= _ROLE_WORDS else ""
    return (Author(re.sub(r"^by\s+", "", signature[0], flags=re.IGNORECASE), role),), list(body[: last + 1])


def _is_sentence(line: str) -> bool:
    return len(line.split()) > _NAME_WORDS and line.rstrip("\"'\u201d\u2019)")[-1:] in tuple(".!?\u2026")


def _posts(lines: Sequence[str], source: Source, now: datetime) -> list[Article]:
    """Each age ends a post: its headline is the first line since the last, the others its excerpt."""
    found, group = [], []
    for line in lines:
        moment = moment_of(line, now)
        if moment is None:
            group.append(line)
        elif group:
            headline, excerpt = group[0], " ".join(group[1:])
            found.append(
                Article(
                    url="",
                    headline=headline[:HEADLINE_LENGTH],
                    source=source.name,
                    guid=f"text:{headline}",
                    summary=cut(excerpt),
                    published=moment,
                )
            )
            group = []
    return found
