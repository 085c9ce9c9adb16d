"""A draft's TOML file into a Draft, strictly: what is wrong is told with its line."""

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
from digest.drafts.values import Approval, Draft, Reading
from digest.errors import DraftError
from digest.models import Article, Author, Image, Window

_LONGEST_NOTE = 5_000
"""Characters: a longer note would take the room of the stories, past which Gmail clips a mail."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Author(_Table, frozen=True):
    name: str
    role: str = ""


class _Picture(_Table, frozen=True):
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
    image: _Picture | None = None
    source: str = ""
    guid: str = ""
    language: str = ""
    also_in: tuple[str, ...] = ()


class _Section(_Table, frozen=True):
    name: str
    stories: tuple[_Story, ...] = ()


class _Reading(_Table, frozen=True):
    """How one source was read: its window, and why it could not be read if it could not."""

    name: str
    start: datetime
    end: datetime
    failed: str = ""


class _Copy(_Table, frozen=True):
    """Another source's telling of a story: who gets the one has had the other."""

    same_as: str
    headline: str
    url: str = ""
    source: str = ""
    guid: str = ""


class _Made(_Table, frozen=True):
    at: datetime
    start: datetime
    end: datetime
    sources: tuple[_Reading, ...] = ()
    copies: tuple[_Copy, ...] = ()


class _File(_Table, frozen=True):
    made: _Made
    subject: str = ""
    preheader: str = ""
    lead: str = ""
    note: str = ""
    sections: tuple[_Section, ...] = ()
    approval: Approval | None = None


def read(file: Path, folder: Path) -> Draft | None:
    """The draft in a file, None if there is no such file; `folder` is what paths of pictures are relative to.

    Raises:
        DraftError: the file cannot be read, is not TOML, has an unknown key, or a value that cannot be, with its line.
    """
    text = text_of(file)
    return None if text is None else parsed(text, file, folder)


def text_of(file: Path) -> str | None:
    """The text of a draft to the byte, of which its version is a hash; None if there is no such file.

    Raises:
        DraftError: the file cannot be read, or is not UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DraftError(f"cannot be read: {error.strerror}", location=str(file)) from None
    except UnicodeDecodeError:
        raise DraftError("not UTF-8", location=str(file), hint="save it as UTF-8") from None


def parsed(text: str, file: Path, folder: Path) -> Draft:
    """The draft that is, or would be, in a file. Raises DraftError as `read` does."""
    return _checked(TomlFile(file, text, DraftError), folder, version_of(text))


def version_of(text: str) -> str:
    """A hash of a file's text: whoever saves says what they began with."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checked(toml: TomlFile, folder: Path, version: str) -> Draft:
    tables = toml.tables()
    raw = _tables(toml, tables)
    articles, hides = _stories(toml, raw, folder)
    return Draft(
        file=toml.file,
        subject=clean_line(raw.subject),
        preheader=clean_line(raw.preheader),
        note=raw.note,
        sections=tuple(dict.fromkeys(clean_line(section.name) for section in raw.sections)),
        articles=_with_lead(toml, raw.lead, articles, hides),
        hides=frozenset(hides),
        window=Window(raw.made.start, raw.made.end),
        readings=tuple(Reading(told.name, Window(told.start, told.end), told.failed) for told in raw.made.sources),
        copies=tuple(
            editorial.LeftOut(Article(copy.url, copy.headline, copy.source, copy.guid), "", copy.same_as)
            for copy in raw.made.copies
        ),
        approval=raw.approval,
        # With the edition's name: a copy of an approved draft is another edition, and nobody has approved that.
        content=_hash({"edition": toml.file.stem, **{key: told for key, told in tables.items() if key != "approval"}}),
        version=version,
    )


def _tables(toml: TomlFile, tables: dict[str, Any]) -> _File:
    """The file's tables as they should be."""
    if "made" not in tables:
        fresh = "`digest draft` with --fresh makes a new draft, and keeps this one beside it"
        toml.fail(("made",), "is missing: it says which stories were there when the draft was made", fresh)
    raw = toml.as_struct(tables, _File)
    if len(raw.note) > _LONGEST_NOTE:
        what = f"has {len(raw.note):,} characters, and there is room for {_LONGEST_NOTE:,}"
        toml.fail(("note",), what, "shorten it, and link to the rest")
    return raw


def _stories(toml: TomlFile, raw: _File, folder: Path) -> tuple[list[Article], set[str]]:
    """Every story in order, and the identities of those that are hidden."""
    seen: dict[str, str] = {}
    articles: list[Article] = []
    hides: set[str] = set()
    for index, section in enumerate(raw.sections):
        name = clean_line(section.name)
        if not name:
            toml.fail(("sections", index, "name"), "is empty", "give the section its name")
        for at, told in enumerate(section.stories):
            key: Key = ("sections", index, "stories", at)
            _check(toml, key, told)
            article = _article(told, name, folder)
            identity = editorial.identify(article)
            if identity in seen:
                what = f"`{told.headline}` is in {seen[identity]} already"
                toml.fail((*key, "headline"), what, "take one of the two out")
            seen[identity] = name
            articles.append(article)
            if told.hide:
                hides.add(identity)
    return articles, hides


def _check(toml: TomlFile, key: Key, told: _Story) -> None:
    if not clean_line(told.headline):
        toml.fail((*key, "headline"), "is empty", "a story that is not to be shown gets `hide = true`")
    if told.url and not (told.url.startswith(("https://", "http://")) and told.url.isprintable()):
        toml.fail((*key, "url"), f"`{told.url}` is no web address", "write it whole, with https://")
    if told.published and told.published.tzinfo is None:
        toml.fail((*key, "published"), "has no offset", "write it as 2026-11-23T07:00:00Z")


def _article(told: _Story, section: str, folder: Path) -> Article:
    picture = told.image
    image = (
        None
        if picture is None
        else Image(
            url=picture.url,
            file=folder / picture.file if picture.file else None,
            alt=clean_line(picture.alt),
            width=picture.width,
            height=picture.height,
        )
    )
    return Article(
        url=told.url,
        headline=clean_line(told.headline),
        source=told.source,
        guid=told.guid,
        summary=clean_line(told.excerpt),
        published=told.published,
        categories=told.categories,
        authors=tuple(Author(clean_line(author.name), clean_line(author.role)) for author in told.authors),
        image=image,
        language=told.language,
        also_in=told.also_in,
        section=section,
    )


def _with_lead(toml: TomlFile, lead: str, articles: Sequence[Article], hides: set[str]) -> tuple[Article, ...]:
    """The stories, the one that `lead` names pinned."""
    if not lead:
        return tuple(articles)
    named = [article for article in articles if _is(article, lead)]
    if not any(editorial.identify(article) not in hides for article in named):
        what = "is hidden" if named else "is no story of this draft"
        toml.fail(("lead",), f"`{lead}` {what}", "write the url of a story that is shown, or its guid or headline")
    return tuple(replace(article, pinned=_is(article, lead)) for article in articles)


def _is(article: Article, named: str) -> bool:
    return named in (article.url, article.guid) or clean_line(named) == article.headline


def _hash(tables: dict[str, Any]) -> str:
    """Of what a file says, however it is laid out and commented."""
    return sha256(json.dumps(tables, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()
