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
from digest.sources.dates import parse_relative_date
from digest.sources.fetch import FetchContext
from digest.sources.sanitize import html_to_text

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


def read(source: Source, context: FetchContext) -> FetchResult:
    """Read every `.md` file of a folder, in the order of their names. A file with an error becomes a problem.

    Raises:
        SourceError: the folder does not exist or cannot be read.
    """
    assert source.path is not None, "the configuration requires a path for a folder"
    folder = source.path
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix == ".md" and not file.name.startswith("."))
    except NotADirectoryError:
        raise SourceError("is not a folder", location=str(folder), hint='for a file use type = "feed"') from None
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise SourceError(message, location=str(folder), hint="fix the source's `path`") from None
    articles, problems = [], []
    for file in files:
        try:
            article, file_problems = _read_file(file, source, context)
        except _InvalidFileError as invalid:
            problems.append(invalid.problem)
        else:
            articles.append(article)
            problems += file_problems
    if not files:
        problems.append(Problem(str(folder), "has no .md files", "put articles in it"))
    return FetchResult(source, tuple(articles), tuple(problems))


class _InvalidFileError(Exception):
    """A file that cannot become an article."""

    def __init__(self, location: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.problem = Problem(location, message, hint)


def _read_file(file: Path, source: Source, context: FetchContext) -> tuple[Article, list[Problem]]:
    """Return a file's article and the problems with it. Raises _InvalidFileError."""
    try:
        post = frontmatter.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise _InvalidFileError(str(file), "is not UTF-8", "save it as UTF-8") from None
    except OSError as error:
        raise _InvalidFileError(str(file), f"cannot be read: {error.strerror}", "check its permissions") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # The mark counts from 0, and from the line after the opening `---`.
        location = f"{file}:{mark.line + 2}" if mark else str(file)
        message = f"front matter: {getattr(error, 'problem', None) or 'is not valid YAML'}"
        raise _InvalidFileError(location, message, "fix that line; quote a value that contains a colon") from None
    except ValueError as error:
        # YAML turns everything that looks like a date into one, 2026-02-31 included.
        raise _InvalidFileError(str(file), f"front matter: {error}", "fix its date or time") from None
    return _to_article(file, post.metadata, post.content, source, context)


def _to_article(
    file: Path, matter: Mapping[str, Any], markdown: str, source: Source, context: FetchContext
) -> tuple[Article, list[Problem]]:
    problems = list(_report_unknown_keys(file, matter))
    title, paragraph = _find_title_and_paragraph(markdown)
    headline = _to_text(matter.get("headline") or matter.get("title")) or title
    if not headline:
        raise _InvalidFileError(str(file), "has no headline", "add `headline:` to its front matter")
    url = _to_text(matter.get("url"))
    if not url and context.base_url:
        url = f"{context.base_url.rstrip('/')}/{quote(file.stem)}"
    if url and not url.startswith(("http://", "https://")):
        hint = "write it in full, starting with https://"
        problems.append(Problem(str(file), f"`url: {url}` is not a valid URL", hint))
        url = ""
    image = _find_image(file, matter, source, problems)
    return Article(
        url=url,
        headline=headline,
        source=source.name,
        guid=file.name,
        summary=_to_text(matter.get("summary")) or paragraph,
        published=_parse_published(file, matter.get("published"), context, problems),
        categories=_to_names(matter.get("categories")) or ((source.category,) if source.category else ()),
        authors=tuple(_parse_authors(matter.get("authors"))),
        image=image,
        language=_to_text(matter.get("language")),
        pinned=matter.get("pinned") is True,
    ), problems


def _report_unknown_keys(file: Path, matter: Mapping[str, Any]) -> Iterator[Problem]:
    for key in matter:
        if key not in _KEYS:
            yield Problem(_locate(file, str(key)), f"unknown key `{key}`", suggest(str(key), _KEYS))


def _locate(file: Path, key: str) -> str:
    """Return the file with the line of a front matter key."""
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
        if line.startswith(f"{key}:"):
            return f"{file}:{number}"
    return str(file)


def _to_text(value: Any) -> str:
    return "" if value is None or isinstance(value, list | dict) else clean_line(str(value))


def _to_names(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(name for item in values if (name := _to_text(item))))


def _parse_authors(value: Any) -> Iterator[Author]:
    """Yield the authors from a name, `Name, Role`, `{name, role}`, or a list of these."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping):
            name, role = _to_text(item.get("name")), _to_text(item.get("role"))
        else:
            name, _, role = (part.strip() for part in _to_text(item).partition(","))
        if name:
            yield Author(name, role)


def _parse_published(file: Path, value: Any, context: FetchContext, problems: list[Problem]) -> datetime | None:
    """Return the moment of a date, a time or a relative date; without an offset, in the publication's time zone."""
    if value is None:
        return None
    zone = ZoneInfo(context.timezone)
    message = f"`published: {value}` is not a valid date"
    if isinstance(value, str):
        if moment := parse_relative_date(value, context.now):
            return moment
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            hint = "write it like 2026-11-23 07:00 or `3 hours ago`; treated as undated"
            problems.append(Problem(_locate(file, "published"), message, hint))
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), zone)
    if isinstance(value, datetime):
        with suppress(OverflowError):  # the first day of the calendar, east of Greenwich
            return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    problems.append(Problem(_locate(file, "published"), message, "treated as undated"))
    return None


def _find_image(file: Path, matter: Mapping[str, Any], source: Source, problems: list[Problem]) -> Image | None:
    value: Any = matter.get("image")
    alt = _to_text(matter.get("image_alt"))
    if isinstance(value, dict):
        value, alt = value.get("src"), _to_text(value.get("alt")) or alt
    name = _to_text(value)
    if not name:
        return None
    if name.startswith(("http://", "https://")):
        return Image(url=name, alt=alt)
    assert source.path is not None
    location = _locate(file, "image")
    path = _resolve(file.parent / name)
    if path is None:
        problems.append(Problem(location, f"the link {name} cannot be followed", "shown without an image"))
        return None
    if not path.is_relative_to(source.path.resolve()):
        # A file in the folder must not be able to attach /etc/passwd to ten thousand emails.
        hint = "move it into the folder; shown without an image"
        problems.append(Problem(location, f"the image {name} is outside the folder", hint))
    elif not path.is_file():
        problems.append(Problem(location, f"the image {name} does not exist", "shown without an image"))
    else:
        return Image(file=path, alt=alt)
    return None


def _resolve(path: Path) -> Path | None:
    """Return the path with all links followed, None if they point to each other."""
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError):  # RuntimeError until Python 3.12
        return None
    return None if resolved.is_symlink() else resolved  # since 3.13 such links are returned as they are


def _find_title_and_paragraph(markdown: str) -> tuple[str, str]:
    """Return the plain text of the first heading and of the first paragraph."""
    tokens = _MARKDOWN.parse(re.sub(r"\x00", "", markdown))
    found = {"heading_open": "", "paragraph_open": ""}
    for opening, inline in pairwise(tokens):
        if opening.type in found and not found[opening.type] and inline.type == "inline":
            found[opening.type] = html_to_text(_RENDERER.renderInline(inline.children or [], _MARKDOWN.options, {}))
    return found["heading_open"], found["paragraph_open"]
