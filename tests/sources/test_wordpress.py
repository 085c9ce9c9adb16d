"""A WordPress site through its REST API, and through its feed where that is off."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.models import Article, Author, FetchResult, Image, Source
from digest.sources import read_sources
from tests.servers.web import WebServer

SHARED = Path(__file__).resolve().parents[3] / "shared"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)

POST = {
    "id": 7,
    "status": "publish",
    "date": "2026-11-23T08:00:00",
    "date_gmt": "2026-11-23T06:00:00",
    "guid": {"rendered": "https://news.example/?p=7"},
    "link": "https://news.example/ferry/",
    "title": {"rendered": "Tom &amp; Jerry&#8217;s ferry"},
    "excerpt": {"rendered": "<p>It is back. [&hellip;]</p>\n", "protected": False},
    "content": {"rendered": "<p>It is back.</p><img src='/body.jpg' width='700'>", "protected": False},
    "author": 3,
    "categories": [2],
    "_embedded": {
        "author": [{"id": 3, "name": "Zoë Brandão"}],
        "wp:term": [
            [{"taxonomy": "category", "name": "City &amp; Harbour"}],
            [{"taxonomy": "post_tag", "name": "boats"}],
        ],
        "wp:featuredmedia": [
            {
                "source_url": "https://news.example/full.jpg",
                "alt_text": "A ferry",
                "media_details": {
                    "width": 3000,
                    "height": 2000,
                    "sizes": {
                        "medium": {"source_url": "https://news.example/300.jpg", "width": 300, "height": 200},
                        "large": {"source_url": "https://news.example/1024.jpg", "width": 1024, "height": 683},
                    },
                },
            }
        ],
    },
}


def read(url: str, since: datetime | None = None) -> FetchResult:
    source = Source("wordpress", "site", url=url, category="News")
    return read_sources([source], now=NOW, since={"site": since} if since else {})[0]


def saved(tmp_path: Path, *posts: Any) -> FetchResult:
    file = tmp_path / "posts.json"
    file.write_text(json.dumps(list(posts)))
    return read_sources([Source("wordpress", "saved", path=file)], now=NOW)[0]


def test_a_post_with_everything_embedded(tmp_path: Path) -> None:
    assert saved(tmp_path, POST).articles == (
        Article(
            url="https://news.example/ferry/",
            headline="Tom & Jerry’s ferry",
            source="saved",
            guid="https://news.example/?p=7",
            summary="It is back.…",
            published=datetime(2026, 11, 23, 6, tzinfo=UTC),
            categories=("City & Harbour",),
            authors=(Author("Zoë Brandão"),),
            image=Image("https://news.example/1024.jpg", None, "A ferry", 1024, 683),
        ),
    )


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (
            {"_embedded": {"wp:term": [[{"taxonomy": "author", "name": "Ada"}, {"taxonomy": "author", "name": "Bo"}]]}},
            ["Ada", "Bo"],
        ),
        ({"coauthors": [{"display_name": "Ada"}, {"display_name": "Bo"}]}, ["Ada", "Bo"]),
        ({"_embedded": {"author": [{"code": "rest_user_invalid_id", "message": "hidden"}]}}, []),
    ],
)
def test_co_authors_and_hidden_ones(tmp_path: Path, change: dict[str, Any], names: list[str]) -> None:
    assert [author.name for author in saved(tmp_path, {**POST, **change}).articles[0].authors] == names


def test_drafts_and_protected_posts_are_left_out_and_odd_ones_kept_or_named(tmp_path: Path) -> None:
    found = saved(
        tmp_path,
        {**POST, "status": "draft"},
        {**POST, "content": {"rendered": "", "protected": True}},
        {"id": 8, "title": {"rendered": "Only a title"}, "_embedded": None, "categories": {"1": 2}, "content": []},
        {"id": 9, "title": {"rendered": ""}},
    )
    assert [article.headline for article in found.articles] == ["Only a title"]
    assert "(post 9)" in found.problems[0].location


def test_names_are_asked_for_by_number_where_they_are_not_embedded(web: WebServer) -> None:
    bare = {key: value for key, value in POST.items() if key != "_embedded"}
    query = "?_embed=1&per_page=100&orderby=date&order=desc"
    web.page(f"/wp-json/wp/v2/posts{query}&page=1", json.dumps([bare]).encode())
    web.page("/wp-json/wp/v2/categories?include=2&per_page=100", b'[{"id": 2, "name": "City"}]')
    web.page("/wp-json/wp/v2/users?include=3&per_page=100", b'{"code": "rest_cannot_list"}', status=401)
    article = read(web.url).articles[0]
    assert article.categories == ("City",)
    assert article.authors == ()


def test_every_page_is_read_since_the_window_and_a_missing_one_fails_the_source(web: WebServer) -> None:
    query = "?_embed=1&per_page=100&orderby=date&order=desc&after=2026-11-21T07%3A00%3A00"
    for page in (1, 2):
        post = {**POST, "id": page, "link": f"https://news.example/{page}"}
        web.page(f"/wp-json/wp/v2/posts{query}&page={page}", json.dumps([post]).encode(), X_WP_TotalPages="2")
    since = datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert [article.url for article in read(web.url + "/", since).articles] == [
        "https://news.example/1",
        "https://news.example/2",
    ]
    del web.pages[f"/wp-json/wp/v2/posts{query}&page=2"]
    failed = read(web.url, since).failed
    assert failed
    assert "neither a REST API" in failed.message


@pytest.fixture(params=["ny-news", "bonsai-colormag"])
def site(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A stored site served on loopback, with its REST API on or off."""
    tool, root = SHARED / "tools" / "wordpress_site.py", SHARED / "corpus" / "wordpress" / "sites" / request.param
    if not (tool.is_file() and root.is_dir()):
        pytest.skip(f"no stored WordPress site at {root}")
    running = []

    def serve(rest: str) -> str:
        command = [sys.executable, str(tool), str(root)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "REST": rest})
        running.append(process)
        assert process.stdout
        return process.stdout.readline().strip()

    yield serve
    for process in running:
        process.terminate()
        process.communicate()


def test_real_sites(site: Any) -> None:
    whole = read(site("on"))
    assert len(whole.articles) > 30
    assert whole.problems == ()
    assert all(article.headline and article.published and article.categories for article in whole.articles)
    by_feed = read(site("off"))
    assert len(by_feed.articles) == 10
    assert by_feed.failed is None
    assert (
        "the REST API cannot be read (the server answers 404, Not Found): its feed was" in by_feed.problems[0].message
    )
    assert by_feed.source.type == "wordpress"


def test_real_documents_are_read_or_refused_with_a_reason() -> None:
    files = sorted((SHARED / "corpus" / "wordpress").glob("*.json"))
    if not files:
        pytest.skip(f"no stored WordPress documents in {SHARED}")
    results = read_sources([Source("wordpress", file.name, path=file) for file in files], now=NOW)
    counts = {result.source.name: len(result.articles) for result in results}
    assert counts["izquierda_posts_first15_es.json"] == 15
    assert counts["kashij_posts_ja.json"] == 10
    refused = [result for result in results if result.failed]
    assert {result.failed.message for result in refused if result.failed} == {"is no list of posts"}
