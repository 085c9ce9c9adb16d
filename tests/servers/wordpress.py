"""A WordPress site on loopback: the lists of its REST API (/wp-json/wp/v2/), or none, and its feed.

It answers as https://developer.wordpress.org/rest-api/ documents it: `page`, `per_page`, `after`, `include` and `_embed`,
the headers X-WP-Total and X-WP-TotalPages, 400 for a page after the last, and 404 where the API is off.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.servers.http import Handler, http_server

API = "/wp-json/wp/v2/"
MOST = 100
"""Items that a page of a list may have."""
IN_FEED = 10
"""Posts that the feed has, as WordPress is installed."""


@dataclass
class WordPressSite:
    url: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    """The newest first."""
    categories: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    rest_api: bool = True
    users_hidden: bool = False
    """Answer 401 for the list of users, and embed an error instead of an author, as security plugins do."""
    embeds: bool = True
    """Whether `_embed` is honoured; a cache in front of the site may drop it."""
    requested: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        self.requested.append(path)
        address = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/feed/":
            return 200, self._feed().encode(), {"Content-Type": "application/rss+xml; charset=UTF-8"}
        kind = address.path.removeprefix(API)
        if not self.rest_api or kind not in ("posts", "categories", "users"):
            return _error(404, "rest_no_route", "No route was found matching the URL and request method.")
        if kind == "users" and self.users_hidden:
            return _error(401, "rest_user_cannot_view", "Sorry, you are not allowed to list users.")
        return self._list(kind, query)

    def _list(self, kind: str, query: Mapping[str, str]) -> tuple[int, bytes, dict[str, str]]:
        items: list[dict[str, Any]] = getattr(self, kind)
        if after := query.get("after"):
            items = [item for item in items if item["date"] > after]
        if include := query.get("include"):
            items = [item for item in items if str(item["id"]) in include.split(",")]
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        if size > MOST:
            return _error(400, "rest_invalid_param", "Invalid parameter(s): per_page")
        pages = -(-len(items) // size)
        if page > max(pages, 1):
            return _error(400, "rest_post_invalid_page_number", "The page number requested is too large.")
        shown = items[(page - 1) * size : page * size]
        if kind == "posts" and "_embed" in query and self.embeds:
            shown = [{**post, "_embedded": self._embedded(post)} for post in shown]
        headers = {"Content-Type": "application/json; charset=UTF-8", "X-WP-Total": str(len(items))}
        return 200, json.dumps(shown).encode(), {**headers, "X-WP-TotalPages": str(pages)}

    def _embedded(self, post: Mapping[str, Any]) -> dict[str, Any]:
        authors = [user for user in self.users if user["id"] == post["author"]]
        terms = [{**item, "taxonomy": "category"} for item in self.categories if item["id"] in post["categories"]]
        hidden = {"code": "rest_user_invalid_id", "message": "Invalid user ID.", "data": {"status": 404}}
        return {"author": [hidden] if self.users_hidden else authors, "wp:term": [terms, []]}

    def _feed(self) -> str:
        items = "".join(
            f"<item><title>{escape(post['title']['rendered'])}</title><link>{escape(post['link'])}</link>"
            f"<guid isPermaLink='false'>{escape(post['guid']['rendered'])}</guid>"
            f"<description>{escape(post['excerpt']['rendered'])}</description></item>"
            for post in self.posts[:IN_FEED]
        )
        return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>A site</title>{items}</channel></rss>'


def _error(status: int, code: str, message: str) -> tuple[int, bytes, dict[str, str]]:
    body = json.dumps({"code": code, "message": message, "data": {"status": status}}).encode()
    return status, body, {"Content-Type": "application/json; charset=UTF-8"}


@contextmanager
def serve_wordpress() -> Iterator[WordPressSite]:
    site = WordPressSite()

    class WordPressHandler(Handler):
        def respond(self) -> None:
            self.reply(*site.answer(self.path))

    with http_server(WordPressHandler) as site.url:
        yield site
