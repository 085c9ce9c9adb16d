"""A WordPress site through its REST API (https://developer.wordpress.org/rest-api/reference/posts/), else its feed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from digest.core.text import clean_line
from digest.errors import SourceError
from digest.models import Article, Author, FetchResult, Image, Problem, Source
from digest.sources import feed
from digest.sources.dates import parse_iso_date
from digest.sources.fetch import FetchContext, fetch_document
from digest.sources.images import choose_image, find_images
from digest.sources.normalize import (
    MAX_HEADLINE_LENGTH,
    absolute_url,
    as_string,
    derive_headline,
    parse_authors,
    strip_boilerplate,
    truncate_summary,
)
from digest.sources.sanitize import html_to_text, strip_markup

_PAGE_SIZE = 100
"""Posts in a response: the most that WordPress allows."""

_MAX_PAGES = 10
_MIN_IMAGE_WIDTH = 600
"""Pixels: the width of the column in which an email shows its lead image."""

_ZONE_MARGIN = timedelta(days=1)
"""WordPress compares `after` with the site's local time, whose offset is unknown: so ask for a day more."""

_Json = Mapping[str, Any]


def read(source: Source, context: FetchContext) -> FetchResult:
    """Read the posts since the start of the source's window, or those in a saved JSON file.

    Raises:
        SourceError: neither the REST API nor the feed can be read.
    """
    if source.path is not None:
        return _parse_posts(source, _decode_posts(fetch_document(source, context).body, source.location), {}, {})
    site = re.sub(r"/(?:wp-json(?:/.*)?)?$", "", source.url)
    try:
        posts, problems = _fetch_posts(site, source, context)
    except SourceError as api_error:
        return _read_feed_instead(site, source, context, api_error)
    terms = _fetch_names(site, context, "categories", _find_missing_ids(posts, "categories", "wp:term"))
    users = _fetch_names(site, context, "users", _find_missing_ids(posts, "author", "author"))
    result = _parse_posts(source, posts, terms, users)
    return replace(result, problems=(*problems, *result.problems))


def _fetch_posts(site: str, source: Source, context: FetchContext) -> tuple[list[_Json], list[Problem]]:
    """Return every post that may be in the window, from as many pages as it takes."""
    query = {"_embed": "1", "per_page": str(_PAGE_SIZE), "orderby": "date", "order": "desc"}
    if since := context.since.get(source.name):
        query["after"] = f"{since - _ZONE_MARGIN:%Y-%m-%dT%H:%M:%S}"
    posts: list[_Json] = []
    for page in range(1, _MAX_PAGES + 1):
        url = f"{site}/wp-json/wp/v2/posts?{urlencode({**query, 'page': str(page)})}"
        document = context.http.get(url, "application/json")
        posts += _decode_posts(document.body, url)
        pages = document.headers.get("x-wp-totalpages", "1")
        if not pages.isdigit() or page >= int(pages):
            return posts, []
    message = f"has more than {_MAX_PAGES * _PAGE_SIZE} posts since the last edition: the oldest were not read"
    return posts, [Problem(source.location, message, "send editions more often")]


def _decode_posts(body: bytes, location: str) -> list[_Json]:
    try:
        decoded = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        hint = "check whether the site's REST API is on"
        raise SourceError("is not JSON", location=location, hint=hint) from None
    posts = decoded if isinstance(decoded, list) else [decoded]
    if not all(isinstance(post, dict) for post in posts) or (posts and not any("title" in post for post in posts)):
        hint = "check whether this is a WordPress site"
        raise SourceError("is not a list of posts", location=location, hint=hint)
    return posts


def _read_feed_instead(site: str, source: Source, context: FetchContext, api_error: SourceError) -> FetchResult:
    try:
        result = feed.read(replace(source, url=f"{site}/feed/"), context)
    except SourceError as feed_error:
        message = f"has neither a REST API ({api_error.message}) nor a feed ({feed_error.message})"
        raise SourceError(message, location=source.location, hint="check that this is a WordPress site") from None
    message = f"the REST API cannot be read ({api_error.message}); its feed was, which has only the latest posts"
    problem = Problem(source.location, message, 'ask the site to open /wp-json/, or use type = "feed"')
    return replace(result, source=source, problems=(problem, *result.problems))


# --- names that a post has only the ids of ----------------------------------------------------------------------------


def _find_missing_ids(posts: Iterable[_Json], field: str, embedded: str) -> set[int]:
    """Return the ids in a field of the posts that do not embed the names themselves."""
    found: set[int] = set()
    for post in posts:
        if not _get_embedded(post, embedded):
            value = post.get(field)
            found.update(item for item in (value if isinstance(value, list) else [value]) if isinstance(item, int))
    return found


def _fetch_names(site: str, context: FetchContext, kind: str, ids: set[int]) -> dict[int, str]:
    """Return names by id; nothing if the site does not list them, as many do not list their users."""
    names: dict[int, str] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _PAGE_SIZE):
        include = ",".join(map(str, wanted[start : start + _PAGE_SIZE]))
        query = urlencode({"include": include, "per_page": str(_PAGE_SIZE)})
        try:
            items = json.loads(context.http.get(f"{site}/wp-json/wp/v2/{kind}?{query}", "application/json").body)
        except (SourceError, ValueError):
            return names
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and isinstance(item.get("id"), int):
                names[item["id"]] = strip_markup(as_string(item.get("name")))
    return names


# --- posts as articles ------------------------------------------------------------------------------------------------


def _parse_posts(
    source: Source, posts: Iterable[_Json], terms: Mapping[int, str], users: Mapping[int, str]
) -> FetchResult:
    articles, problems = [], []
    for post in posts:
        if post.get("status", "publish") != "publish" or _is_protected(post):
            continue
        article = _to_article(source, post, terms, users)
        if article:
            articles.append(article)
        else:
            location = f"{source.location} (post {post.get('id', 'without an id')})"
            problems.append(Problem(location, "has neither title nor text", "left out"))
    return FetchResult(source, tuple(articles), tuple(problems))


def _to_article(source: Source, post: _Json, terms: Mapping[int, str], users: Mapping[int, str]) -> Article | None:
    content = _get_rendered(post, "content")
    headline = strip_markup(_get_rendered(post, "title"))[:MAX_HEADLINE_LENGTH]
    summary = html_to_text(_get_rendered(post, "excerpt")) or html_to_text(content)
    summary = truncate_summary(strip_boilerplate(summary, headline))
    headline = headline or derive_headline(summary)
    if not headline:
        return None
    link = as_string(post.get("link"))
    return Article(
        url=absolute_url(link, source.url),
        headline=headline,
        source=source.name,
        guid=clean_line(_get_rendered(post, "guid")) or f"{source.location}#{post.get('id', '')}",
        summary="" if summary == headline else summary,
        published=parse_iso_date(as_string(post.get("date_gmt"))) or parse_iso_date(as_string(post.get("date"))),
        categories=_find_categories(post, terms) or ((source.category,) if source.category else ()),
        authors=_find_authors(post, users),
        image=choose_image((*_find_featured_images(post), *find_images(content)), link or source.url),
        pinned=post.get("sticky") is True,
    )


def _find_categories(post: _Json, terms: Mapping[int, str]) -> tuple[str, ...]:
    """Return the names of the post's categories, without its tags and other terms."""
    groups = _get_embedded(post, "wp:term")
    names = [
        strip_markup(as_string(term.get("name")))
        for group in groups
        for term in (group if isinstance(group, list) else [])
        if isinstance(term, dict) and term.get("taxonomy", "category") == "category"
    ]
    ids = post.get("categories")
    if not groups and isinstance(ids, list):
        names = [terms.get(item, "") for item in ids if isinstance(item, int)]
    return tuple(dict.fromkeys(filter(None, names)))


def _find_authors(post: _Json, users: Mapping[int, str]) -> tuple[Author, ...]:
    """Return the co-authors if a plugin names them (terms of a taxonomy `author`, or lists), else the post's author."""
    by_plugin = [
        term.get("name")
        for group in _get_embedded(post, "wp:term")
        for term in (group if isinstance(group, list) else [])
        if isinstance(term, dict) and term.get("taxonomy") == "author"
    ]
    for key in ("coauthors", "authors"):
        people = post.get(key)
        by_plugin += [
            person.get("display_name") or person.get("name")
            for person in (people if isinstance(people, list) else [])
            if isinstance(person, dict)
        ]
    # If users are hidden, WordPress puts an error object in the author's place.
    embedded = [person.get("name") for person in _get_embedded(post, "author") if isinstance(person, dict)]
    author_id = post.get("author")
    looked_up = [users[author_id]] if isinstance(author_id, int) and author_id in users else []
    names = next((found for found in (by_plugin, embedded, looked_up) if any(found)), [])
    return tuple(dict.fromkeys(parse_authors(name for name in names if isinstance(name, str))))


def _find_featured_images(post: _Json) -> Iterator[Image]:
    for media in _get_embedded(post, "wp:featuredmedia"):
        if isinstance(media, dict) and media.get("source_url"):
            yield _choose_size(media)
    if jetpack := as_string(post.get("jetpack_featured_media_url")):
        yield Image(jetpack)
    yoast = post.get("yoast_head_json")
    for image in (yoast.get("og_image") or []) if isinstance(yoast, dict) else []:
        if isinstance(image, dict):
            width, height = _to_pixels(image.get("width")), _to_pixels(image.get("height"))
            yield Image(as_string(image.get("url")), None, "", width, height)


def _choose_size(media: _Json) -> Image:
    """Return the narrowest of an image's sizes that is wide enough for an email, else the original."""
    details = media.get("media_details")
    details = details if isinstance(details, dict) else {}
    sizes = details.get("sizes")
    original = {"source_url": media["source_url"], "width": details.get("width"), "height": details.get("height")}
    wide_enough = [
        size
        for size in (*(sizes.values() if isinstance(sizes, dict) else ()), original)
        if isinstance(size, dict) and _to_pixels(size.get("width")) >= _MIN_IMAGE_WIDTH and size.get("source_url")
    ]
    best = min(wide_enough, key=lambda size: _to_pixels(size["width"]), default=original)
    width, height = _to_pixels(best.get("width")), _to_pixels(best.get("height"))
    return Image(as_string(best["source_url"]), None, as_string(media.get("alt_text")), width, height)


def _is_protected(post: _Json) -> bool:
    return any(isinstance(post.get(key), dict) and post[key].get("protected") is True for key in ("content", "excerpt"))


def _get_embedded(post: _Json, name: str) -> list[Any]:
    embedded = post.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, dict) else None
    return found if isinstance(found, list) else []


def _get_rendered(post: _Json, field: str) -> str:
    value = post.get(field)
    return as_string(value.get("rendered")) if isinstance(value, dict) else as_string(value)


def _to_pixels(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
