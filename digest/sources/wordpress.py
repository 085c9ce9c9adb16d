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
from digest.sources.boilerplate import without_boilerplate
from digest.sources.context import Context
from digest.sources.fetch import retrieve
from digest.sources.normalize import HEADLINE_LENGTH, authors_of, cut, first_words, iso_moment, web_address
from digest.sources.pictures import best_image, body_images
from digest.sources.sanitize import text_of, text_of_html

_PAGE = 100
"""Posts a request: the most that WordPress gives."""

_MOST_PAGES = 10
_SMALLEST_WIDTH = 600
"""Pixels of the column a mail shows its lead picture in."""

_ZONE_MARGIN = timedelta(days=1)
"""`after` is compared with the site's own clock, whose offset is not told: so a day more is asked for."""

_Json = Mapping[str, Any]


def read(source: Source, context: Context) -> FetchResult:
    """The posts since the source's window began, or those of a saved JSON file.

    Raises:
        SourceError: neither the REST API nor the feed can be read.
    """
    if source.path is not None:
        return _harvest(source, _posts_in(retrieve(source, context).body, source.location), {}, {})
    site = re.sub(r"/(?:wp-json(?:/.*)?)?$", "", source.url)
    try:
        posts, problems = _posts(site, source, context)
    except SourceError as refused:
        return _feed_instead(site, source, context, refused)
    terms = _names(site, context, "categories", _missing(posts, "categories", "wp:term"))
    users = _names(site, context, "users", _missing(posts, "author", "author"))
    result = _harvest(source, posts, terms, users)
    return replace(result, problems=(*problems, *result.problems))


def _posts(site: str, source: Source, context: Context) -> tuple[list[_Json], list[Problem]]:
    """Every post that the window may take, page by page."""
    query = {"_embed": "1", "per_page": str(_PAGE), "orderby": "date", "order": "desc"}
    if since := context.since.get(source.name):
        query["after"] = f"{since - _ZONE_MARGIN:%Y-%m-%dT%H:%M:%S}"
    posts: list[_Json] = []
    for page in range(1, _MOST_PAGES + 1):
        url = f"{site}/wp-json/wp/v2/posts?{urlencode({**query, 'page': str(page)})}"
        document = context.web.get(url, "application/json")
        posts += _posts_in(document.body, url)
        pages = document.headers.get("x-wp-totalpages", "1")
        if not pages.isdigit() or page >= int(pages):
            return posts, []
    what = f"has more than {_MOST_PAGES * _PAGE} posts since the last edition: the oldest are not read"
    return posts, [Problem(source.location, what, "send more often")]


def _posts_in(body: bytes, where: str) -> list[_Json]:
    try:
        told = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise SourceError("is not JSON", location=where, hint="see whether the site's REST API is on") from None
    posts = told if isinstance(told, list) else [told]
    if not all(isinstance(post, dict) for post in posts) or (posts and not any("title" in post for post in posts)):
        raise SourceError("is no list of posts", location=where, hint="see whether this is a WordPress site")
    return posts


def _feed_instead(site: str, source: Source, context: Context, refused: SourceError) -> FetchResult:
    try:
        result = feed.read(replace(source, url=f"{site}/feed/"), context)
    except SourceError as failed:
        what = f"has neither a REST API ({refused.message}) nor a feed ({failed.message})"
        raise SourceError(what, location=source.location, hint="check that this is a WordPress site") from None
    what = f"the REST API cannot be read ({refused.message}): its feed was, which has only the latest posts"
    problem = Problem(source.location, what, 'ask the site to open /wp-json/, or use type = "feed"')
    return replace(result, source=source, problems=(problem, *result.problems))


# --- names that a post tells only by number ---------------------------------------------------------------------------


def _missing(posts: Iterable[_Json], field: str, embedded: str) -> set[int]:
    """The ids in a field of the posts that do not carry the names themselves."""
    found: set[int] = set()
    for post in posts:
        if not _embedded(post, embedded):
            value = post.get(field)
            found.update(item for item in (value if isinstance(value, list) else [value]) if isinstance(item, int))
    return found


def _names(site: str, context: Context, kind: str, ids: set[int]) -> dict[int, str]:
    """Names by id; nothing where the site does not tell them, as many do not tell their users."""
    found: dict[int, str] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _PAGE):
        some = ",".join(map(str, wanted[start : start + _PAGE]))
        query = urlencode({"include": some, "per_page": str(_PAGE)})
        try:
            told = json.loads(context.web.get(f"{site}/wp-json/wp/v2/{kind}?{query}", "application/json").body)
        except (SourceError, ValueError):
            return found
        for item in told if isinstance(told, list) else []:
            if isinstance(item, dict) and isinstance(item.get("id"), int):
                found[item["id"]] = text_of(_string(item.get("name")))
    return found


# --- one post ---------------------------------------------------------------------------------------------------------


def _harvest(source: Source, posts: Iterable[_Json], terms: Mapping[int, str], users: Mapping[int, str]) -> FetchResult:
    articles, problems = [], []
    for post in posts:
        if post.get("status", "publish") != "publish" or _protected(post):
            continue
        article = _article(source, post, terms, users)
        if article:
            articles.append(article)
        else:
            where = f"{source.location} (post {post.get('id', 'without an id')})"
            problems.append(Problem(where, "has neither title nor text", "left out"))
    return FetchResult(source, tuple(articles), tuple(problems))


def _article(source: Source, post: _Json, terms: Mapping[int, str], users: Mapping[int, str]) -> Article | None:
    content = _rendered(post, "content")
    headline = text_of(_rendered(post, "title"))[:HEADLINE_LENGTH]
    summary = text_of_html(_rendered(post, "excerpt")) or text_of_html(content)
    summary = cut(without_boilerplate(summary, headline))
    headline = headline or first_words(summary)
    if not headline:
        return None
    moment = iso_moment(_string(post.get("date_gmt"))) or iso_moment(_string(post.get("date")))
    link = _string(post.get("link"))
    return Article(
        url=web_address(link, source.url),
        headline=headline,
        source=source.name,
        guid=clean_line(_rendered(post, "guid")) or f"{source.location}#{post.get('id', '')}",
        summary="" if summary == headline else summary,
        published=moment,
        categories=_categories(post, terms) or ((source.category,) if source.category else ()),
        authors=_authors(post, users),
        image=best_image((*_featured(post), *body_images(content)), link or source.url),
        pinned=post.get("sticky") is True,
    )


def _categories(post: _Json, terms: Mapping[int, str]) -> tuple[str, ...]:
    """The names of the post's categories; its tags and other terms are none."""
    groups = _embedded(post, "wp:term")
    told = [
        text_of(_string(term.get("name")))
        for group in groups
        for term in (group if isinstance(group, list) else [])
        if isinstance(term, dict) and term.get("taxonomy", "category") == "category"
    ]
    ids = post.get("categories")
    if not groups and isinstance(ids, list):
        told = [terms.get(item, "") for item in ids if isinstance(item, int)]
    return tuple(dict.fromkeys(filter(None, told)))


def _authors(post: _Json, users: Mapping[int, str]) -> tuple[Author, ...]:
    """Co-authors where a plugin tells them, as terms of a taxonomy `author` or in lists; else the post's author."""
    by_plugin = [
        term.get("name")
        for group in _embedded(post, "wp:term")
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
    # Where users are hidden, WordPress puts an error object in the author's place.
    one = [person.get("name") for person in _embedded(post, "author") if isinstance(person, dict)]
    number = post.get("author")
    looked_up = [users[number]] if isinstance(number, int) and number in users else []
    names = next((found for found in (by_plugin, one, looked_up) if any(found)), [])
    return tuple(dict.fromkeys(authors_of(name for name in names if isinstance(name, str))))


def _featured(post: _Json) -> Iterator[Image]:
    for media in _embedded(post, "wp:featuredmedia"):
        if isinstance(media, dict) and media.get("source_url"):
            yield _fitting(media)
    if jetpack := _string(post.get("jetpack_featured_media_url")):
        yield Image(jetpack)
    yoast = post.get("yoast_head_json")
    for image in (yoast.get("og_image") or []) if isinstance(yoast, dict) else []:
        if isinstance(image, dict):
            yield Image(_string(image.get("url")), None, "", _number(image.get("width")), _number(image.get("height")))


def _fitting(media: _Json) -> Image:
    """The narrowest of an image's sizes that is wide enough for a mail, else the original."""
    details = media.get("media_details")
    details = details if isinstance(details, dict) else {}
    sizes = details.get("sizes")
    whole = {"source_url": media["source_url"], "width": details.get("width"), "height": details.get("height")}
    wide_enough = [
        size
        for size in (*(sizes.values() if isinstance(sizes, dict) else ()), whole)
        if isinstance(size, dict) and _number(size.get("width")) >= _SMALLEST_WIDTH and size.get("source_url")
    ]
    best = min(wide_enough, key=lambda size: _number(size["width"]), default=whole)
    alt = _string(media.get("alt_text"))
    return Image(_string(best["source_url"]), None, alt, _number(best.get("width")), _number(best.get("height")))


def _protected(post: _Json) -> bool:
    return any(isinstance(post.get(key), dict) and post[key].get("protected") is True for key in ("content", "excerpt"))


def _embedded(post: _Json, name: str) -> list[Any]:
    embedded = post.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, dict) else None
    return found if isinstance(found, list) else []


def _rendered(post: _Json, field: str) -> str:
    value = post.get(field)
    return _string(value.get("rendered")) if isinstance(value, dict) else _string(value)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
