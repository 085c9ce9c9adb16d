"""Parses a draft's TOML file into a Draft, strictly: an error names the line it is on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from digest import editorial
from digest.core.text import clean_line
from digest.core.toml_file import Key, TomlFile
from digest.drafts.file import compute_revision, read_text
from digest.drafts.model import Approval, Draft, SourceWindow
from digest.errors import DraftError
from digest.models import Article, Author, Image, Window

_MAX_NOTE_LENGTH = 5_000
"""Characters. A longer note would take the stories' space: Gmail clips a long mail."""


# --- the tables of the file, a struct for each ------------------------------------------------------------------------


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Author(_Table, frozen=True):
    name: str
    role: str = ""


class _Image(_Table, frozen=True):
    url: str = ""
    file: str = ""
    alt: str = ""
    width: int = 0
    height: int = 0


class _Story(_Table, frozen=True):
    headline: str
    excerpt: str = ""
    hide: bool = False
    url: str = ""
    published: datetime | None = None
    categories: tuple[str, ...] = ()
    authors: tuple[_Author, ...] = ()
    image: _Image | None = None
    source: str = ""
    guid: str = ""
    language: str = ""
    also_in: tuple[str, ...] = ()


class _Section(_Table, frozen=True):
    name: str
    stories: tuple[_Story, ...] = ()


class _Source(_Table, frozen=True):
    """How one source was read: its window, and the error if it could not be read."""

    name: str
    start: datetime
    end: datetime
    failed: str = ""


class _Copy(_Table, frozen=True):
    """Another source's copy of a story: a reader who gets the story counts as having had the copy."""

    same_as: str
    headline: str
    url: str = ""
    source: str = ""
    guid: str = ""


class _Made(_Table, frozen=True):
    at: datetime
    start: datetime
    end: datetime
    sources: tuple[_Source, ...] = ()
    copies: tuple[_Copy, ...] = ()


class _File(_Table, frozen=True):
    made: _Made
    subject: str = ""
    preheader: str = ""
    lead: str = ""
    note: str = ""
    sections: tuple[_Section, ...] = ()
    approval: Approval | None = None


# --- the tables as a Draft --------------------------------------------------------------------------------------------


def read_draft(file: Path, folder: Path) -> Draft | None:
    """Return the draft in a file, None if there is no such file; paths of images are relative to `folder`.

    Raises:
        DraftError: the file cannot be read, is not TOML, or has an unknown key or an invalid value; with its line.
    """
    text = read_text(file)
    return None if text is None else parse_draft(text, file, folder)


def parse_draft(text: str, file: Path, folder: Path) -> Draft:
    """Return the draft that a text is, for messages in `file`. Raises DraftError as `read_draft` does."""
    toml = TomlFile(file, text, DraftError)
    tables = toml.parse()
    raw = _check_tables(toml, tables)
    articles, hidden_ids = _parse_stories(toml, raw, folder)
    return Draft(
        file=file,
        subject=clean_line(raw.subject),
        preheader=clean_line(raw.preheader),
        note=raw.note,
        sections=tuple(dict.fromkeys(clean_line(section.name) for section in raw.sections)),
        articles=_pin_lead(toml, raw.lead, articles, hidden_ids),
        hidden_ids=frozenset(hidden_ids),
        window=Window(raw.made.start, raw.made.end),
        source_windows=tuple(
            SourceWindow(source.name, Window(source.start, source.end), source.failed) for source in raw.made.sources
        ),
        copies=tuple(
            editorial.LeftOut(Article(copy.url, copy.headline, copy.source, copy.guid), "", copy.same_as)
            for copy in raw.made.copies
        ),
        approval=raw.approval,
        content_hash=_hash_content(file.stem, tables),
        revision=compute_revision(text),
    )


def _check_tables(toml: TomlFile, tables: dict[str, Any]) -> _File:
    """Return the file's tables as structs. Raises DraftError."""
    if "made" not in tables:
        hint = "`digest draft` with --fresh makes a new draft and keeps this one beside it"
        toml.fail(("made",), "is missing: it records which stories were available when the draft was made", hint)
    raw = toml.convert(tables, _File)
    if len(raw.note) > _MAX_NOTE_LENGTH:
        message = f"has {len(raw.note):,} characters; the limit is {_MAX_NOTE_LENGTH:,}"
        toml.fail(("note",), message, "shorten it, and link to the rest")
    return raw


def _parse_stories(toml: TomlFile, raw: _File, folder: Path) -> tuple[list[Article], set[str]]:
    """Return every story in order, and the identities of the hidden ones. Raises DraftError."""
    section_by_id: dict[str, str] = {}
    articles: list[Article] = []
    hidden_ids: set[str] = set()
    for section_index, section in enumerate(raw.sections):
        name = clean_line(section.name)
        if not name:
            toml.fail(("sections", section_index, "name"), "is empty", "give the section a name")
        for story_index, story in enumerate(section.stories):
            key: Key = ("sections", section_index, "stories", story_index)
            _check_story(toml, key, story)
            article = _to_article(story, name, folder)
            identity = editorial.identify(article)
            if identity in section_by_id:
                message = f"`{story.headline}` is already in {section_by_id[identity]}"
                toml.fail((*key, "headline"), message, "remove one of the two")
            section_by_id[identity] = name
            articles.append(article)
            if story.hide:
                hidden_ids.add(identity)
    return articles, hidden_ids


def _check_story(toml: TomlFile, key: Key, story: _Story) -> None:
    if not clean_line(story.headline):
        toml.fail((*key, "headline"), "is empty", "to leave a story out, set `hide = true`")
    if story.url and not (story.url.startswith(("https://", "http://")) and story.url.isprintable()):
        toml.fail((*key, "url"), f"`{story.url}` is not a valid URL", "write it in full, starting with https://")
    if story.published and story.published.tzinfo is None:
        toml.fail((*key, "published"), "has no UTC offset", "write it as 2026-11-23T07:00:00Z")


def _to_article(story: _Story, section: str, folder: Path) -> Article:
    return Article(
        url=story.url,
        headline=clean_line(story.headline),
        source=story.source,
        guid=story.guid,
        summary=clean_line(story.excerpt),
        published=story.published,
        categories=story.categories,
        authors=tuple(Author(clean_line(author.name), clean_line(author.role)) for author in story.authors),
        image=_to_image(story.image, folder) if story.image else None,
        language=story.language,
        also_in=story.also_in,
        section=section,
    )


def _to_image(image: _Image, folder: Path) -> Image:
    return Image(
        url=image.url,
        file=folder / image.file if image.file else None,
        alt=clean_line(image.alt),
        width=image.width,
        height=image.height,
    )


def _pin_lead(toml: TomlFile, lead: str, articles: Sequence[Article], hidden_ids: set[str]) -> tuple[Article, ...]:
    """Return the stories with the one that `lead` names pinned. Raises DraftError."""
    if not lead:
        return tuple(articles)
    named = [article for article in articles if _is_named(article, lead)]
    if not any(editorial.identify(article) not in hidden_ids for article in named):
        message = "is hidden" if named else "is not a story of this draft"
        toml.fail(("lead",), f"`{lead}` {message}", "use the url, guid or headline of a story that is shown")
    return tuple(replace(article, pinned=_is_named(article, lead)) for article in articles)


def _is_named(article: Article, name: str) -> bool:
    return name in (article.url, article.guid) or clean_line(name) == article.headline


def _hash_content(edition: str, tables: dict[str, Any]) -> str:
    """Hash what a file says, independent of its layout and comments.

    The edition's name is part of it: a copy of an approved draft is another edition, which nobody has approved.
    """
    content = {"edition": edition, **{key: value for key, value in tables.items() if key != "approval"}}
    return sha256(json.dumps(content, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()
