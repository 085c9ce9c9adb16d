"""Make what articles say safe for an email: characters that every format can hold, links that only lead to the web."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

from digest.core.merge_fields import MERGE_FIELDS, Form, merge_field_token
from digest.models import Article, Author, Edition, Image
from digest.render.text_layout import excerpt

_MAX_HEADLINE = 300
"""Characters of a headline: a feed that puts its whole story there must not fill the email."""
_MAX_NAME = 80
"""Characters of a section's or an author's name."""
_MAX_ALT = 150
"""Characters of a picture's alt text: where pictures are blocked, it takes their place."""

_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters, lone surrogates and noncharacters: XML 1.0, 2.2 forbids them, UTF-8 cannot hold surrogates."""
_ACCENTS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED_ACCENTS = re.compile(f"([{_ACCENTS}]{{4}})[{_ACCENTS}]+")
"""More accents on one letter than any language has: dozens of them would be printed over the stories around."""
_DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates (UAX 9, 2): left open, they reverse the text after them."""
_TOKEN = re.compile("|".join(merge_field_token(name, form) for name in MERGE_FIELDS for form in get_args(Form)))
"""The merge fields' tokens: an article's link with one in it would send its owner each reader's address."""
_WEB_URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


def sanitize_edition(edition: Edition) -> Edition:
    """Return the edition with every text and link of its articles made safe, so that no template has to do it."""
    return replace(
        edition,
        note="\n".join(sanitize_text(line) if line.strip() else "" for line in edition.note.strip().splitlines()),
        lead=_sanitize_article(edition.lead),
        lead_section=_sanitize_name(edition.lead_section),
        sections=tuple(
            replace(
                section,
                name=_sanitize_name(section.name),
                articles=tuple(map(_sanitize_article, section.articles)),
                url=sanitize_url(section.url),
            )
            for section in edition.sections
        ),
    )


def sanitize_text(text: str) -> str:
    """Return the text on one line, with U+FFFD for what no email may hold, and without stacked accents."""
    valid = _TOKEN.sub("\ufffd", _INVALID.sub("\ufffd", re.sub(r"[ \t\r\n]+", " ", text)))
    return _STACKED_ACCENTS.sub(r"\1", valid).strip()


def strip_direction_controls(text: str) -> str:
    """Return the text without direction controls, for places where markup cannot isolate it from its neighbours."""
    return _DIRECTION_CONTROLS.sub("", text)


def sanitize_url(url: str) -> str:
    """Return the URL if it is http or https, else an empty string."""
    url = sanitize_text(url)
    return url if _WEB_URL.fullmatch(url) else ""


def _sanitize_article(article: Article) -> Article:
    return replace(
        article,
        url=sanitize_url(article.url),
        headline=excerpt(sanitize_text(article.headline), _MAX_HEADLINE),
        summary=sanitize_text(article.summary),
        authors=tuple(Author(_sanitize_name(author.name), _sanitize_name(author.role)) for author in article.authors),
        image=article.image and _sanitize_image(article.image),
        also_in=tuple(map(_sanitize_name, article.also_in)),
    )


def _sanitize_image(image: Image) -> Image:
    return replace(image, url=sanitize_url(image.url), alt=excerpt(sanitize_text(image.alt), _MAX_ALT))


def _sanitize_name(text: str) -> str:
    return excerpt(strip_direction_controls(sanitize_text(text)), _MAX_NAME)
