"""Web pages and pages saved as text into articles."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.models import Author, FetchResult, Image, Source
from digest.sources import read_sources
from digest.sources.http import Document
from digest.sources.page import parse

SHARED = Path(__file__).resolve().parents[3] / "shared"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
BODY = (
    "<p>After eleven years ashore the Marigold crossed the harbour again on Sunday, with four hundred aboard.</p>" * 4
)


def page(body: str, url: str = "https://news.example/ferry", category: str = "") -> FetchResult:
    return parse(Document(body.encode(), url), Source("page", "page", url=url, category=category), NOW)


def html(head: str, body: str = BODY) -> str:
    return f"<!doctype html><html lang='en'><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"


def test_an_article_by_its_json_ld() -> None:
    told = {
        "@graph": [
            {"@type": "WebPage", "name": "x"},
            {
                "@type": ["NewsArticle"],
                "headline": "The ferry &amp; the bar stools",
                "url": "https://news.example/ferry",
                "datePublished": "2026-11-23T08:00:00+02:00",
                "author": [
                    {"@type": "Person", "name": "By Zoë Brandão", "jobTitle": "Reporter"},
                    {"name": "Kenji Ōta"},
                ],
                "articleSection": ["City"],
                "description": "It is back.",
                "image": {"url": "https://news.example/f.jpg", "width": 1200, "height": 675},
            },
        ]
    }
    script = f"<script type='application/ld+json'>{{broken</script><script type='application/ld+json'>{json.dumps(told)}</script>"
    article = page(html(script)).articles[0]
    assert article.headline == "The ferry & the bar stools"
    assert article.published == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert article.authors == (Author("Zoë Brandão", "Reporter"), Author("Kenji Ōta"))
    assert (article.categories, article.summary) == (("City",), "It is back.")
    assert article.image == Image("https://news.example/f.jpg", None, "", 1200, 675)


def test_an_article_by_its_meta_tags() -> None:
    head = (
        "<meta property='og:type' content='article'><meta property='og:title' content='The ferry is back'>"
        "<meta property='og:description' content='It crossed again.'><meta property='article:section' content='City'>"
        "<meta property='article:published_time' content='2026-11-23T06:00:00Z'><meta name='author' content='Zoë Brandão'>"
        "<meta property='og:image' content='/f.jpg'><meta property='og:image:width' content='800'>"
    )
    article = page(html(head)).articles[0]
    assert (article.headline, article.summary, article.categories) == (
        "The ferry is back",
        "It crossed again.",
        ("City",),
    )
    assert article.authors == (Author("Zoë Brandão"),)
    assert article.image
    assert (article.image.url, article.image.width) == ("https://news.example/f.jpg", 800)


def test_an_article_that_says_nothing_for_machines() -> None:
    body = f"<nav><a href='/'>Home</a></nav><h1>The ferry is back at last</h1><a rel='category tag' href='/city'>City</a><div>{BODY}</div>"
    article = page(html("<title>The ferry is back at last</title>", body)).articles[0]
    assert article.headline == "The ferry is back at last"
    assert article.categories == ("City",)
    assert article.summary.startswith("After eleven years ashore")


LISTING = """
<header class="cookie-notice"><h2><a href="/cookies">This website uses cookies</a></h2></header>
<nav><h3><a href="/sport">All of our sport stories</a></h3></nav>
<main><article><img src="/i.jpg" alt="Ferry" width="400"><h2><a href="/ferry">The ferry is back at last</a></h2>
<p>After eleven years ashore it crossed the harbour.</p><span>3 days ago</span></article>
<article><a href="/comet"><h3>A comet over the harbour</h3></a><time datetime="2026-11-22T06:00:00Z">yesterday</time></article>
<article><h2><a href="/none">No date for this story</a></h2></article></main>
<div class="share-box"><h4><a href="https://social.example/">Share this on a network</a></h4></div>
"""


def test_a_list_of_stories_with_ages_and_nothing_from_around_it() -> None:
    found = page(html("<meta property='og:type' content='website'>", LISTING), "https://news.example/", "News").articles
    assert [(article.url, article.published) for article in found] == [
        ("https://news.example/ferry", NOW - timedelta(days=3)),
        ("https://news.example/comet", datetime(2026, 11, 22, 6, tzinfo=UTC)),
        ("https://news.example/none", None),
    ]
    assert found[0].summary == "After eleven years ashore it crossed the harbour."
    assert found[0].image
    assert {article.categories for article in found} == {("News",)}


def test_an_article_with_a_box_of_recent_posts_gives_both() -> None:
    head = "<meta property='og:type' content='article'><meta property='og:title' content='Own story'>"
    found = page(html(head, BODY + LISTING)).articles
    assert [article.headline for article in found] == ["Own story", "A comet over the harbour"]


TEXT = """Categories: City

The ferry is back, and so are the bar stools

After eleven years ashore the Marigold crossed the harbour again at ten past midnight.

She was nine minutes late, and was cheered for every single one of them.

Zoë Brandão

Transport reporter for the Harbour Herald

Recent Posts

A comet you can see

For once it is up at a civil hour, and needs nothing but a dark…

2 weeks ago

United draw

3 hours ago

This website uses cookies.
"""


def test_a_page_saved_as_text() -> None:
    own, comet, united = page(TEXT, "").articles
    assert own.headline == "The ferry is back, and so are the bar stools"
    assert own.summary == "After eleven years ashore the Marigold crossed the harbour again at ten past midnight."
    assert own.categories == ("City",)
    assert own.authors == (Author("Zoë Brandão", "Transport reporter for the Harbour Herald"),)
    assert (comet.headline, comet.published) == ("A comet you can see", NOW - timedelta(weeks=2))
    assert comet.summary.startswith("For once it is up")
    assert (united.headline, united.summary, united.published) == ("United draw", "", NOW - timedelta(hours=3))


def test_the_model_page_gives_its_article_and_its_six_recent_posts() -> None:
    file = SHARED / "seed" / "article-page.txt"
    if not file.is_file():
        pytest.skip(f"no model page at {file}")
    own, *recent = read_sources([Source("page", "page", path=file)], now=NOW)[0].articles
    assert own.headline == "Taliban asks for Russia’s help in talks with U.S."
    assert own.categories == ("World",)
    assert own.authors == (Author("Adyson Sipes", "Staff writer for the Chicago Morning Star"),)
    assert own.summary.startswith("The Taliban have called for Russia’s assistance")
    assert [article.published for article in recent] == [NOW - timedelta(days=days) for days in (3, 4, 14, 14, 14, 14)]
    assert all(article.summary.endswith("…") for article in recent)
    assert recent[0].headline == "Fire FC II Signs Draft Pick Jack Sandmeyer"


@pytest.mark.parametrize("body", ["<html><body></body></html>", "<!doctype html><p>Hello", "just a line", "\0\1\2"])
def test_a_page_without_a_story_is_said(body: str) -> None:
    with pytest.raises(SourceError, match="neither an article nor a list"):
        page(body)


soup = st.lists(
    st.sampled_from(
        ["<html>", "<p>", "</p>", "<a href='javascript:alert(1)'>", "</a>", "<h2>", "</h2>", "<script type='application/ld+json'>",
         '{"@type":"NewsArticle","headline":"A headline","url":"javascript:x","image":"data:x"}', "</script>", "<time datetime='x'>",
         "<meta property='og:type' content='article'>", "A headline that is long enough", "3 days ago", "<img src='data:x'>"]
    ) | st.text(max_size=8)
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(soup)
def test_any_soup_is_read_or_refused_and_leads_nowhere_else(parts: list[str]) -> None:
    try:
        found = page("<html>" + "".join(parts).encode("utf-8", "replace").decode())
    except SourceError:
        return
    for article in found.articles:
        assert article.headline
        assert article.url.startswith(("https://", "http://", ""))
        assert "javascript:" not in article.url
        assert article.image is None or article.image.url.startswith(("http://", "https://"))
        assert "<script" not in article.headline + article.summary


EXPECTED = {
    "fundus_LATimes_2023_06_26.html": ("2023-06-26", "Houston Mitchell"),
    "fundus_DurbanLocal_2025_11_09.html": ("2025-06-23", "Fouzia Van Der Fort"),
    "fundus_OccupyDemocrats_2023_06_20.html": ("2023-06-19", "Stephanie Bazzle"),
    "fundus_DailyNewsTZ_2025_01_23.html": ("2019-04-24", "Sauli Giliard"),
    "np4k_japanese_article2.html": ("2018-06-18", None),
}


def test_real_pages_give_their_article() -> None:
    folder = SHARED / "corpus" / "pages"
    if not folder.is_dir():
        pytest.skip(f"no corpus of pages at {folder}")
    files = [file for file in sorted(folder.glob("*.html")) if "expected" not in file.name]
    results = {h.source.name: h for h in read_sources([Source("page", f.name, path=f) for f in files], now=NOW)}
    assert {name: str(h.failed) for name, h in results.items() if h.failed} == {}
    for name, (day, author) in EXPECTED.items():
        article: Any = results[name].articles[0]
        assert article.published.date().isoformat() == day
        assert [person.name for person in article.authors] == ([author] if author else [])
        assert article.image
