"""Web pages and pages saved as text into articles."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.models import Article, Author, FetchResult, Image, Source
from digest.sources import read_sources
from digest.sources.http import Document
from digest.sources.page import parse

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
BODY = (
    "<p>After eleven years ashore the Marigold crossed the harbour again on Sunday, with four hundred aboard.</p>" * 4
)


def page(body: str, url: str = "https://news.example/ferry", category: str = "") -> FetchResult:
    return parse(Document(body.encode(), url), Source("page", "page", url=url, category=category), NOW)


def html(head: str, body: str = BODY) -> str:
    return f"<!doctype html><html lang='en'><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"


def test_an_article_by_its_json_ld() -> None:
    json_ld = {
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
    script = f"<script type='application/ld+json'>{{broken</script><script type='application/ld+json'>{json.dumps(json_ld)}</script>"
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


def test_an_article_without_metadata() -> None:
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


def test_a_list_of_stories_without_the_links_around_it() -> None:
    found = page(html("<meta property='og:type' content='website'>", LISTING), "https://news.example/", "News").articles
    assert [(article.url, article.published) for article in found] == [
        ("https://news.example/ferry", NOW - timedelta(days=3)),
        ("https://news.example/comet", datetime(2026, 11, 22, 6, tzinfo=UTC)),
        ("https://news.example/none", None),
    ]
    assert found[0].summary == "After eleven years ashore it crossed the harbour."
    assert found[0].image
    assert {article.categories for article in found} == {("News",)}


def test_a_heading_is_a_story_if_it_is_long_enough_and_links_to_the_web() -> None:
    listing = (
        "<div><h2><a href='/sport'>Sport</a></h2></div><div><h2><a href='mailto:news@example.com'>Write to the newsroom</a></h2></div>"
        "<div><h2><a href='/ferry'>The ferry is back at last</a></h2><time>by noon</time><time>2 days ago</time></div>"
    )
    found = page(html("<meta property='og:type' content='website'>", listing)).articles
    assert [(article.headline, article.published) for article in found] == [
        ("The ferry is back at last", NOW - timedelta(days=2))
    ]


def test_an_article_and_its_box_of_recent_posts_are_both_read() -> None:
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


RECENT = """Section: City

The lighthouse stays, by one vote

The council voted twelve to eleven on Sunday night to keep the lighthouse, and its keeper, until 2031.

It was the third vote in as many years.

Ada Penhale

Council reporter for the Harbour Herald

Recent Posts

Harbour F.C. II Signs Keeper Jo Larkin

The second team has a goalkeeper again, the first since the spring, and the supporters…

3 days ago

Rents Near the Quay Climb to 18.4%

Of what a household earns, 18.4 percent now goes to its landlord, more than…

4 days ago

No. 7 Rowers Beat No. 2 by 12-9

In a headwind that sank two of the boats,…

2 weeks ago

Tram 5 Adds $3M Night Service

From January there is a tram every half hour, all night,…

2 weeks ago

This website uses cookies.
"""


def test_an_article_page_saved_as_text_has_its_article_and_its_recent_posts(tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    file.write_text(RECENT, encoding="utf-8")
    own, *recent = read_sources([Source("page", "page", path=file)], now=NOW)[0].articles
    assert own.headline == "The lighthouse stays, by one vote"
    assert own.categories == ("City",)
    assert own.authors == (Author("Ada Penhale", "Council reporter for the Harbour Herald"),)
    assert own.summary.startswith("The council voted twelve to eleven on Sunday night")
    assert [(article.headline, article.published) for article in recent] == [
        ("Harbour F.C. II Signs Keeper Jo Larkin", NOW - timedelta(days=3)),
        ("Rents Near the Quay Climb to 18.4%", NOW - timedelta(days=4)),
        ("No. 7 Rowers Beat No. 2 by 12-9", NOW - timedelta(weeks=2)),
        ("Tram 5 Adds $3M Night Service", NOW - timedelta(weeks=2)),
    ]
    assert all(article.summary.endswith("…") for article in recent)


@pytest.mark.parametrize(
    "body", ["<html><body></body></html>", "<!doctype html><p>Hello", "just a line", "\0\1\2", f"<html>{BODY}</html>"]
)
def test_a_page_without_a_story_is_refused(body: str) -> None:
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
def test_any_markup_is_read_or_refused_and_links_only_to_the_web(parts: list[str]) -> None:
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


# --- whole pages, saved as sites publish them -------------------------------------------------------------------------


def saved(tmp_path: Path, page: str | bytes) -> tuple[Article, ...]:
    file = tmp_path / "page.html"
    file.write_bytes(page if isinstance(page, bytes) else page.encode())
    (found,) = read_sources([Source("page", "page", path=file)], now=NOW)
    assert found.failed is None
    return found.articles


def ld(*items: dict[str, Any]) -> str:
    graph = {"@context": "https://schema.org", "@graph": list(items)}
    return f"<script type='application/ld+json' class='seo'>{json.dumps(graph)}</script>"


CANONICAL = "<link rel='canonical' href='https://www.example.com/2026/ferry/'>"
WEBSITE = {"@type": "WebSite", "name": "The Harbour Herald", "url": "https://www.example.com/"}
PERSON = {"@type": ["Person"], "@id": "https://www.example.com/#/person/1", "name": "Zoë Brandão"}
CRUMBS = {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Home"}]}

PLUGIN = html(  # the graph that a WordPress plugin writes: the article among other things, its author beside it
    CANONICAL
    + "<script>var dataLayer = {};</script>"
    + ld(
        {
            "@type": "Article",
            "headline": "The ferry &amp; the bar stools",
            "datePublished": "2026-11-23T08:00:00+02:00",
            "author": {"@id": PERSON["@id"]},
            "articleSection": ["City", "Food &amp; Drink"],
            "image": {"@id": "https://www.example.com/2026/ferry/#primaryimage"},
        },
        {"@type": "WebPage", "datePublished": "2020-01-01T00:00:00+00:00"},
        CRUMBS,
        WEBSITE,
        PERSON,
    )
    + "<title>The ferry &amp; the bar stools - The Harbour Herald</title><meta property='og:type' content='article'>"
    "<meta property='og:title' content='The ferry &amp; the bar stools - The Harbour Herald'>"
    "<meta name='author' content='Zoë Brandão'><meta property='article:modified_time' content='2026-11-23T09:00:00+00:00'>"
    "<meta property='og:image' content='/f.jpg'><meta property='og:image:width' content='1200'>",
    f"<h1>The ferry &amp; the bar stools</h1>{BODY}",
)
MILLISECONDS = html(  # an invalid date in the meta tags, and another headline for search engines
    CANONICAL
    + ld(
        {
            "@type": "NewsArticle",
            "headline": "Ferry and bar stools back",
            "datePublished": "2026-11-23T06:00:00+0000",
            "author": [{"@type": "Person", "name": "Zoë Brandão"}],
        },
        CRUMBS,
    )
    + "<meta property='og:type' content='article'><meta property='article:published_time' content='1795413600000'>"
    "<meta property='article:section' content='City'><meta property='og:image' content='https://www.example.com/f.jpg'>",
    f"<h1>The Harbour Herald</h1><h1>The ferry and bar stools are back</h1>{BODY}",
)
DAY_ONLY = html(  # nothing but breadcrumbs in JSON-LD, and two plugins that each write meta tags
    CANONICAL
    + ld(CRUMBS)
    + "<meta property='og:type' content='article'><meta property='og:title' content='The ferry is back'>"
    "<meta property='article:published_time' content='2026-11-23'>"
    "<meta property='og:title' content='The ferry is back - The Harbour Herald'><meta property='og:image' content='/f.jpg'>",
    f"<h1>The ferry is back</h1><a rel='category tag' href='/city'>City</a>{BODY}",
)
MODIFIED_ONLY = html(  # no author at all, and the site's name is a heading too
    CANONICAL
    + "<meta property='og:type' content='article'><meta property='og:title' content='速報：渡し船が十一年ぶりに戻ってきた'>"
    "<meta property='article:modified_time' content='2026-11-23T06:00:00.000Z'><meta property='og:image' content='/f.jpg'>",
    "<h1>国際ニュース：港新聞</h1><h1>速報：渡し船が十一年ぶりに戻ってきた</h1>"
    + "<p>日曜日の夜、渡し船は四百人の乗客を乗せて港を横切り、九分遅れで到着した。</p>" * 4,
)


@pytest.mark.parametrize(
    ("page", "headline", "published", "authors", "categories"),
    [
        (PLUGIN, "The ferry & the bar stools", "2026-11-23T06:00:00+00:00", ("Zoë Brandão",), ("City", "Food & Drink")),
        (MILLISECONDS, "The ferry and bar stools are back", "2026-11-23T06:00:00+00:00", ("Zoë Brandão",), ("City",)),
        (DAY_ONLY, "The ferry is back", "2026-11-23T00:00:00+00:00", (), ("City",)),
        (MODIFIED_ONLY, "速報：渡し船が十一年ぶりに戻ってきた", "2026-11-23T06:00:00+00:00", (), ()),
    ],
    ids=["a plugin's graph", "milliseconds", "day only", "modified only"],
)
def test_a_saved_page_has_its_article(
    tmp_path: Path, page: str, headline: str, published: str, authors: tuple[str, ...], categories: tuple[str, ...]
) -> None:
    (article,) = saved(tmp_path, page)
    assert article.headline == headline
    assert article.published == datetime.fromisoformat(published)
    assert tuple(author.name for author in article.authors) == authors
    assert article.categories == categories
    assert article.url == "https://www.example.com/2026/ferry/"
    assert article.image
    assert article.image.url == "https://www.example.com/f.jpg"


def test_a_page_without_metadata_is_read_as_a_person_would(tmp_path: Path) -> None:
    body = (
        "<header><h1>El faro se queda</h1></header><main><p class='byline'>Por <a rel='author' href='/a'>Ana Penhale</a></p>"
        "<time datetime='2026-11-22T21:15:00+01:00'>22 de noviembre de 2026</time>"
        "<p>El ayuntamiento decidió por doce votos a once conservar el faro, y a su farero, hasta el año 2031.</p>"
        "<p>Es la tercera votación en otros tantos años, y el alcalde no quiso prometer que fuera la última.</p>"
        "<p>La sirena de niebla, que no figuraba en el orden del día, sonó poco después de la medianoche.</p></main>"
    )
    (article,) = saved(tmp_path, html("<title>El faro se queda</title>", body).replace("lang='en'", "lang='es'"))
    assert (article.headline, article.language, article.image) == ("El faro se queda", "es", None)
    assert article.published == datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
    assert article.authors == (Author("Ana Penhale"),)
    assert article.summary.startswith("El ayuntamiento decidió por doce votos a once")


def test_dated_stories_around_an_article_are_read_too(tmp_path: Path) -> None:
    head = (
        f"{CANONICAL}<meta property='og:type' content='article'><meta property='og:title' content='Own story of today'>"
        "<meta property='article:published_time' content='2026-11-23T06:00:00Z'>"
    )
    around = (
        "<aside><div><a href='/2026/comet/'><h3>A comet over the harbour</h3></a><time datetime='2026-11-22T06:00:00Z'></time></div>"
        "<div><h3><a href='/2026/ferry/'>Own story of today</a></h3><time datetime='2026-11-23T06:00:00Z'></time></div>"
        "<div><h3><a href='/about'>About the Harbour Herald</a></h3></div></aside>"
    )
    found = saved(tmp_path, html(head, f"<h1>Own story of today</h1>{BODY}{around}"))
    assert [(article.headline, article.url) for article in found] == [
        ("Own story of today", "https://www.example.com/2026/ferry/"),
        ("A comet over the harbour", "https://www.example.com/2026/comet/"),
    ]


def test_a_page_in_an_encoding_of_its_own(tmp_path: Path) -> None:
    page = html(
        "<meta property='og:type' content='article'><meta property='og:title' content='Le bac – « enfin » – à quai'>"
    ).replace("charset='utf-8'", "charset='windows-1252'")
    (article,) = saved(tmp_path, page.encode("windows-1252"))
    assert article.headline == "Le bac – « enfin » – à quai"


def test_a_page_that_has_its_address_only_in_og_url(tmp_path: Path) -> None:
    head = (
        "<link rel='canonical' href='/relative'><meta property='og:url' content='https://www.example.com/ferry'>"
        "<meta property='og:type' content='article'><meta property='og:title' content='The ferry is back'>"
    )
    assert [article.url for article in saved(tmp_path, html(head))] == ["https://www.example.com/ferry"]


def test_a_page_in_arabic(tmp_path: Path) -> None:
    head = "<meta property='og:type' content='article'><meta property='og:title' content='العبّارة تعود: «بعد 11 عامًا»'>"
    body = "<h1>العبّارة تعود: «بعد 11 عامًا»</h1>" + "<p>عبرت السفينة الخليج مساء الأحد وعلى متنها أربعمئة راكب.</p>" * 4
    (article,) = saved(tmp_path, html(head, body).replace("lang='en'", "lang='ar' dir='rtl'"))
    assert (article.headline, article.language) == ("العبّارة تعود: «بعد 11 عامًا»", "ar")
