"""A WordPress site through its REST API, and through its feed where that is off."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.models import Article, Author, FetchResult, Image, Source
from digest.sources import read_sources
from tests.servers.web import WebServer
from tests.servers.wordpress import WordPressSite, serve_wordpress

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


def saved(tmp_path: Path, *posts: object) -> FetchResult:
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


def test_drafts_and_protected_posts_are_left_out_and_odd_ones_kept_or_reported(tmp_path: Path) -> None:
    found = saved(
        tmp_path,
        {**POST, "status": "draft"},
        {**POST, "content": {"rendered": "", "protected": True}},
        {"id": 8, "title": {"rendered": "Only a title"}, "_embedded": None, "categories": {"1": 2}, "content": []},
        {"id": 9, "title": {"rendered": ""}},
    )
    assert [article.headline for article in found.articles] == ["Only a title"]
    assert "(post 9)" in found.problems[0].location


def test_names_that_are_not_embedded_are_looked_up_by_id(web: WebServer) -> None:
    bare = {key: value for key, value in POST.items() if key != "_embedded"}
    query = "?_embed=1&per_page=100&orderby=date&order=desc"
    web.page(f"/wp-json/wp/v2/posts{query}&page=1", json.dumps([bare]).encode())
    web.page("/wp-json/wp/v2/categories?include=2&per_page=100", b'[{"id": 2, "name": "City"}]')
    web.page("/wp-json/wp/v2/users?include=3&per_page=100", b'{"code": "rest_cannot_list"}', status=401)
    article = read(web.url).articles[0]
    assert article.categories == ("City",)
    assert article.authors == ()


def test_every_page_since_the_window_is_read_and_a_missing_one_fails_the_source(web: WebServer) -> None:
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


@pytest.fixture
def site() -> Iterator[WordPressSite]:
    """A site with 130 posts of five days, the newest of 23 November 2026 at 06:00 by a clock two hours ahead of UTC."""
    with serve_wordpress() as served:
        served.categories = [{"id": 2, "name": "City &amp; Harbour"}, {"id": 5, "name": "Sport"}]
        served.users = [{"id": 3, "name": "Zoë Brandão"}, {"id": 4, "name": "Kenji Ōta"}]
        served.posts = [numbered(number) for number in range(130)]
        yield served


def numbered(number: int) -> dict[str, Any]:
    moment = datetime(2026, 11, 23, 6) - timedelta(minutes=55 * number)
    return {
        "id": 1000 - number,
        "status": "publish",
        "type": "post",
        "date": moment.isoformat(),
        "date_gmt": (moment - timedelta(hours=2)).isoformat(),
        "guid": {"rendered": f"https://www.example.com/?p={1000 - number}"},
        "link": f"https://www.example.com/2026/11/story-{number}/",
        "title": {"rendered": f"Story {number} &#8211; news"},
        "excerpt": {"rendered": f"<p>What happened in story {number}.</p>\n", "protected": False},
        "content": {"rendered": "<p>All of it.</p>", "protected": False},
        "author": 3 + number % 2,
        "categories": [2, 5] if number == 0 else [5],
    }


def test_a_site_is_read_page_by_page(site: WordPressSite) -> None:
    found = read(site.url)
    assert (found.failed, found.problems) == (None, ())
    assert [article.headline for article in found.articles] == [f"Story {number} – news" for number in range(130)]
    assert found.articles[0] == Article(
        url="https://www.example.com/2026/11/story-0/",
        headline="Story 0 – news",
        source="site",
        guid="https://www.example.com/?p=1000",
        summary="What happened in story 0.",
        published=datetime(2026, 11, 23, 4, tzinfo=UTC),
        categories=("City & Harbour", "Sport"),
        authors=(Author("Zoë Brandão"),),
    )
    assert len(site.requested) == 2


def test_only_posts_since_the_window_are_requested_in_the_site_s_local_time(site: WordPressSite) -> None:
    found = read(site.url + "/wp-json/", datetime(2026, 11, 22, 7, tzinfo=UTC))
    # A day more than the window, since the site's clock may be ahead or behind: 47 hours by its clock.
    assert len(found.articles) == 52
    assert found.articles[-1].published == datetime(2026, 11, 21, 5, 15, tzinfo=UTC)


@pytest.mark.parametrize(("hidden", "authors"), [(False, (Author("Kenji Ōta"),)), (True, ())])
def test_names_are_looked_up_if_a_site_embeds_none(
    site: WordPressSite, *, hidden: bool, authors: tuple[Author, ...]
) -> None:
    site.embeds, site.users_hidden = False, hidden
    found = read(site.url)
    assert [article.categories for article in found.articles[:2]] == [("City & Harbour", "Sport"), ("Sport",)]
    assert found.articles[1].authors == authors
    assert found.problems == ()


def test_posts_of_a_site_that_hides_its_users_have_no_authors(site: WordPressSite) -> None:
    site.users_hidden = True
    assert {article.authors for article in read(site.url).articles} == {()}


def test_a_site_without_the_api_is_read_through_its_feed(site: WordPressSite) -> None:
    site.rest_api = False
    found = read(site.url)
    assert found.failed is None
    assert [article.headline for article in found.articles] == [f"Story {number} – news" for number in range(10)]
    assert found.articles[0].url == "https://www.example.com/2026/11/story-0/"
    assert found.articles[0].categories == ("News",)
    assert [problem.message for problem in found.problems] == [
        "the REST API cannot be read (the server responded 404 Not Found); its feed was, which has only the latest posts"
    ]
    assert found.source.type == "wordpress"


def test_a_file_may_have_a_single_post(tmp_path: Path) -> None:
    file = tmp_path / "post.json"
    file.write_text(json.dumps({**POST, "type": "story", "title": {"rendered": "船が戻ってきた"}}))
    (found,) = read_sources([Source("wordpress", "saved", path=file)], now=NOW)
    assert [(article.headline, article.url) for article in found.articles] == [
        ("船が戻ってきた", "https://news.example/ferry/")
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([{"id": 3, "name": "Zoë Brandão", "slug": "zoe"}], "is not a list of posts"),  # of users
        ([{"id": 2, "name": "City", "taxonomy": "category"}], "is not a list of posts"),
        (
            {"found": 1, "posts": [{"ID": 7, "title": "The ferry is back"}]},
            "is not a list of posts",
        ),  # WordPress.com's v1.1
        ({"code": "rest_no_route", "message": "No route was found", "data": {"status": 404}}, "is not a list of posts"),
        (["Zoë Brandão"], "is not a list of posts"),
    ],
)
def test_a_document_of_another_kind_is_refused(tmp_path: Path, document: object, message: str) -> None:
    file = tmp_path / "posts.json"
    file.write_text(json.dumps(document))
    (found,) = read_sources([Source("wordpress", "saved", path=file)], now=NOW)
    assert found.articles == ()
    assert found.failed
    assert found.failed.message == message


@pytest.mark.parametrize(
    ("change", "url"),
    [
        (
            {"jetpack_featured_media_url": "https://news.example/jetpack.jpg", "content": {"rendered": "<p>Text</p>"}},
            "https://news.example/jetpack.jpg",
        ),
        (
            {
                "yoast_head_json": {
                    "og_image": [{"url": "https://news.example/yoast.jpg", "width": 1200, "height": 630}]
                }
            },
            "https://news.example/yoast.jpg",
        ),
        ({}, "https://news.example/body.jpg"),
    ],
)
def test_an_image_from_jetpack_from_yoast_or_in_the_text(tmp_path: Path, change: dict[str, Any], url: str) -> None:
    image = saved(tmp_path, {**POST, "_embedded": {}, **change}).articles[0].image
    assert image
    assert image.url == url
