"""A folder of articles: Markdown files with front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import frontmatter
import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML

from digest.core.text import clean_line
from digest.core.toml_file import suggest
from digest.errors import SourceError
from digest.models import Article, Author, FetchResult, Image, Problem, Source
from digest.sources.context import Context
from digest.sources.relative_dates import moment_of
from digest.sources.sanitize import text_of_html

_KEYS = (
    "headline",
    "title",
    "categories",
    "authors",
    "image",
    "image_alt",
    "published",
    "url",
    "summary",
    "language",
    "pinned",
)
_RENDERER = RendererHTML()
_MARKDOWN = MarkdownIt("commonmark")


def read(source: Source, context: Context) -> FetchResult:
    """Read every `.md` file of the folder, in the order of their names. A file that is wrong is a problem of its own.

    Raises:
        SourceError: there is no such folder, or it cannot be read.
    """
    assert source.path is not None, "the configuration gives a folder its path"
    try:
        files = sorted(file for file in source.path.iterdir() if file.suffix == ".md" and not file.name.startswith("."))
    except NotADirectoryError:
        raise SourceError("is no folder", location=str(source.path), hint='for a file use type = "feed"') from None
    except OSError as error:
        raise SourceError(
            f"cannot be read: {error.strerror}", location=str(source.path), hint="mend the source's `path`"
        ) from None
    articles, problems = [], []
    for file in files:
        try:
            article, trouble = _read_file(file, source, context)
        except _BrokenFileError as broken:
            problems.append(broken.problem)
        else:
            articles.append(article)
            problems += trouble
    if not files:
        problems.append(Problem(str(source.path), "has no .md files", "put articles in it"))
    return FetchResult(source, tuple(articles), tuple(problems))


class _BrokenFileError(Exception):
    """A file that cannot be an article."""

    def __init__(self, where: str, what: str, hint: str) -> None:
        super().__init__(what)
        self.problem = Problem(where, what, hint)


def _read_file(file: Path, source: Source, context: Context) -> tuple[Article, list[Problem]]:
    try:
        post = frontmatter.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise _BrokenFileError(str(file), "is not UTF-8", "save it as UTF-8") from None
    except OSError as error:
        raise _BrokenFileError(str(file), f"cannot be read: {error.strerror}", "check its permissions") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # The mark counts from 0, and from the line after the opening `---`.
        where = f"{file}:{mark.line + 2}" if mark else str(file)
        what = getattr(error, "problem", None) or "is not valid YAML"
        raise _BrokenFileError(
            where, f"front matter: {what}", "mend that line; quote a value that holds a colon"
        ) from None
    except ValueError as error:
        # YAML makes a date of whatever looks like one, 2026-02-31 too.
        raise _BrokenFileError(str(file), f"front matter: {error}", "mend its date or time") from None
    return _article(file, post.metadata, post.content, source, context)


def _article(
    file: Path, matter: Mapping[str, Any], markdown: str, source: Source, context: Context
) -> tuple[Article, list[Problem]]:
    problems = list(_unknown_keys(file, matter))
    title, paragraph = _title_and_paragraph(markdown)
    headline = _text(matter.get("headline") or matter.get("title")) or title
    if not headline:
        raise _BrokenFileError(str(file), "has no headline", "add `headline:` to its front matter")
    url = _text(matter.get("url")) or (f"{context.base_url.rstrip('/')}/{quote(file.stem)}" if context.base_url else "")
    if url and not url.startswith(("http://", "https://")):
        problems.append(Problem(str(file), f"`url: {url}` is no web address", "write it whole, with https://"))
        url = ""
    image = _image(file, matter, source, problems)
    return Article(
        url=url,
        headline=headline,
        source=source.name,
        guid=file.name,
        summary=_text(matter.get("summary")) or paragraph,
        published=_published(file, matter.get("published"), context, problems),
        categories=_names(matter.get("categories")) or ((source.category,) if source.category else ()),
        authors=tuple(_authors(matter.get("authors"))),
        image=image,
        language=_text(matter.get("language")),
        pinned=matter.get("pinned") is True,
    ), problems


def _unknown_keys(file: Path, matter: Mapping[str, Any]) -> Iterator[Problem]:
    for key in matter:
        if key not in _KEYS:
            yield Problem(_where(file, str(key)), f"unknown key `{key}`", suggest(str(key), _KEYS))


def _where(file: Path, key: str) -> str:
    """The file with the line of a front matter key."""
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
        if line.startswith(f"{key}:"):
            return f"{file}:{number}"
    return str(file)


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, list | dict) else clean_line(str(value))


def _names(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(name for item in values if (name := _text(item))))


def _authors(value: Any) -> Iterator[Author]:
    """A name, `Name, Role`, `{name, role}`, or a list of these."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping):
            name, role = _text(item.get("name")), _text(item.get("role"))
        else:
            name, _, role = (part.strip() for part in _text(item).partition(","))
        if name:
            yield Author(name, role)


def _published(file: Path, value: Any, context: Context, problems: list[Problem]) -> datetime | None:
    """A date, a moment, or an age such as "3 hours ago"; without an offset meant where the publication is."""
    if value is None:
        return None
    zone = ZoneInfo(context.timezone)
    if isinstance(value, str):
        if moment := moment_of(value, context.now):
            return moment
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            where = _where(file, "published")
            hint = "write it as 2026-11-23 07:00, or as an age like `3 hours ago`; taken as undated"
            problems.append(Problem(where, f"`published: {value}` is no date", hint))
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), zone)
    if isinstance(value, datetime):
        with suppress(OverflowError):  # the first day of the calendar, east of Greenwich
            return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    problems.append(Problem(_where(file, "published"), f"`published: {value}` is no date", "taken as undated"))
    return None


def _image(file: Path, matter: Mapping[str, Any], source: Source, problems: list[Problem]) -> Image | None:
    value: Any = matter.get("image")
    alt = _text(matter.get("image_alt"))
    if isinstance(value, dict):
        value, alt = value.get("src"), _text(value.get("alt")) or alt
    name = _text(value)
    if not name:
        return None
    if name.startswith(("http://", "https://")):
        return Image(url=name, alt=alt)
    assert source.path is not None
    where = _where(file, "image")
    try:
        path = (file.parent / name).resolve()
    except (OSError, RuntimeError):  # links that lead to each other; RuntimeError until Python 3.13
        problems.append(Problem(where, f"the image {name} cannot be followed", "shown without image"))
        return None
    if not path.is_relative_to(source.path.resolve()):
        # What a file in the folder says must not attach /etc/passwd to ten thousand mails.
        problems.append(Problem(where, f"the image {name} is outside the folder", "move it in; shown without image"))
    elif not path.is_file():
        problems.append(Problem(where, f"there is no image {name}", "shown without image"))
    else:
        return Image(file=path, alt=alt)
    return None


def _title_and_paragraph(markdown: str) -> tuple[str, str]:
    """The first heading's and the first paragraph's plain text."""
    tokens = _MARKDOWN.parse(re.sub(r"\x00", "", markdown))
    found = {"heading_open": "", "paragraph_open": ""}
    for opening, inline in pairwise(tokens):
        if opening.type in found and not found[opening.type] and inline.type == "inline":
            text = text_of_html(_RENDERER.renderInline(inline.children or [], _MARKDOWN.options, {}))
            found[opening.type] = text
    return found["heading_open"], found["paragraph_open"]
