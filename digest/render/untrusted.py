"""What articles say, made fit for a mail: characters that every format can hold, links that only lead to the web."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

from digest.core.merge_fields import MERGE_FIELDS, Form, merge_field_token
from digest.models import Article, Author, Edition, Image
from digest.render.wording import excerpt

_HEADLINE = 300
"""Characters of a headline: a feed that puts its whole story there shall not fill the mail."""
_NAME = 80
"""Characters of a section's or an author's name."""
_ALT = 150
"""Characters of a picture's words: where pictures are blocked they stand in its place."""

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters, lone surrogates and noncharacters: XML 1.0, 2.2 forbids them, UTF-8 cannot hold the second."""
_ACCENTS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED = re.compile(f"([{_ACCENTS}]{{4}})[{_ACCENTS}]+")
"""More accents on one letter than any language has: by the dozen they are printed over the stories around."""
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates (UAX 9, 2): unclosed, they turn round what stands after them."""
_SLOT = re.compile("|".join(merge_field_token(name, form) for name in MERGE_FIELDS for form in get_args(Form)))
"""The slots' tokens: a link of an article that holds one would hand its owner each reader's address."""
_LINK = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


def made_safe(edition: Edition) -> Edition:
    """The edition with every text and link of its articles made safe, so that no template has to think of it."""
    return replace(
        edition,
        note="\n".join(clean(line) if line.strip() else "" for line in edition.note.strip().splitlines()),
        lead=_article(edition.lead),
        lead_section=_name(edition.lead_section),
        sections=tuple(
            replace(
                section,
                name=_name(section.name),
                articles=tuple(map(_article, section.articles)),
                url=web_link(section.url),
            )
            for section in edition.sections
        ),
    )


def clean(text: str) -> str:
    """The text on one line, with U+FFFD for what no mail may hold, and no tower of accents."""
    fit = _SLOT.sub("\ufffd", _UNFIT.sub("\ufffd", re.sub(r"[ \t\r\n]+", " ", text)))
    return _STACKED.sub(r"\1", fit).strip()


def undirected(text: str) -> str:
    """The text without direction controls, for a place where it cannot be isolated from its neighbours."""
    return _DIRECTIONS.sub("", text)


def web_link(url: str) -> str:
    """The URL if it is http or https, else nothing."""
    url = clean(url)
    return url if _LINK.fullmatch(url) else ""


def _article(article: Article) -> Article:
    return replace(
        article,
        url=web_link(article.url),
        headline=excerpt(clean(article.headline), _HEADLINE),
        summary=clean(article.summary),
        authors=tuple(Author(_name(author.name), _name(author.role)) for author in article.authors),
        image=article.image and _image(article.image),
        also_in=tuple(map(_name, article.also_in)),
    )


def _image(image: Image) -> Image:
    return replace(image, url=web_link(image.url), alt=excerpt(clean(image.alt), _ALT))


def _name(text: str) -> str:
    return excerpt(undirected(clean(text)), _NAME)
