"""Extracts the articles of a page saved as plain text: the one it starts with, and its box of recent posts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from digest.core.text import clean_line
from digest.models import Article, Author, Source
from digest.sources.dates import parse_relative_date
from digest.sources.http import Document
from digest.sources.normalize import MAX_HEADLINE_LENGTH, truncate_summary

_CATEGORIES = re.compile(r"(?:categories|category|filed under|section)\s*:\s*(.+)", re.IGNORECASE)
_RECENT_POSTS = re.compile(
    r"(?:recent|latest|related|more|other|popular)\s+(?:posts?|stories|news|articles|headlines)|you may also like",
    re.IGNORECASE,
)
_MAX_NAME_WORDS, _MAX_ROLE_WORDS = 6, 14
"""How many words the lines with the author's name and role, below an article, may have."""


def extract_from_text(document: Document, source: Source, now: datetime) -> list[Article]:
    """Return the article, if the text starts with one, and the recent posts, each a headline, excerpt and date."""
    lines = [line for line in map(clean_line, _decode(document.body).splitlines()) if line]
    recent = next((index for index, line in enumerate(lines) if _RECENT_POSTS.fullmatch(line)), len(lines))
    own = _extract_article(lines[:recent], source)
    return [*([own] if own else []), *_extract_posts(lines[recent + 1 :], source, now)]


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _extract_article(lines: Sequence[str], source: Source) -> Article | None:
    categories: tuple[str, ...] = ()
    rest = list(lines)
    if rest and (match := _CATEGORIES.fullmatch(rest[0])):
        categories = tuple(filter(None, (name.strip() for name in match[1].split(","))))
        rest = rest[1:]
    headline, *body = rest or [""]
    authors, body = _split_byline(body)
    # A headline without text below it is an untitled list, or not an article at all.
    if not headline or not any(_is_sentence(line) for line in body):
        return None
    return Article(
        url=source.url,
        headline=headline[:MAX_HEADLINE_LENGTH],
        source=source.name,
        guid=f"text:{headline}",
        summary=truncate_summary(next(line for line in body if _is_sentence(line))),
        categories=categories,
        authors=authors,
    )


def _split_byline(body: Sequence[str]) -> tuple[tuple[Author, ...], list[str]]:
    """Split off the author's name, and role, that are below the last paragraph."""
    last = max((index for index, line in enumerate(body) if _is_sentence(line)), default=-1)
    byline = list(body[last + 1 :])
    if not byline or len(byline[0].split()) > _MAX_NAME_WORDS:
        return (), list(body)
    role = byline[1] if len(byline) > 1 and len(byline[1].split()) <= _MAX_ROLE_WORDS else ""
    return (Author(re.sub(r"^by\s+", "", byline[0], flags=re.IGNORECASE), role),), list(body[: last + 1])


def _is_sentence(line: str) -> bool:
    return len(line.split()) > _MAX_NAME_WORDS and line.rstrip("\"'\u201d\u2019)")[-1:] in tuple(".!?\u2026")


def _extract_posts(lines: Sequence[str], source: Source, now: datetime) -> list[Article]:
    """Return the recent posts. Each ends with a date; its first line is the headline, the lines between the excerpt."""
    posts, post_lines = [], []
    for line in lines:
        published = parse_relative_date(line, now)
        if published is None:
            post_lines.append(line)
        elif post_lines:
            headline, excerpt = post_lines[0], " ".join(post_lines[1:])
            posts.append(
                Article(
                    url="",
                    headline=headline[:MAX_HEADLINE_LENGTH],
                    source=source.name,
                    guid=f"text:{headline}",
                    summary=truncate_summary(excerpt),
                    published=published,
                )
            )
            post_lines = []
    return posts
