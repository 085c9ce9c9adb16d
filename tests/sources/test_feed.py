"""Feeds into articles."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.models import Article, Author, FetchResult, Image, Source
from digest.sources import read_sources
from digest.sources.feed import parse
from digest.sources.http import Document
from tests.servers.web import WebServer

FEEDS = Path(__file__).resolve().parents[1] / "data" / "feeds"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
SOURCE = Source("feed", "feed", url="https://www.example.com/feed", category="News")


def result(body: str | bytes, content_type: str = "") -> FetchResult:
    data = body.encode() if isinstance(body, str) else body
    return parse(Document(data, "https://www.example.com/feed", content_type), SOURCE)


def rss(item: str, namespaces: str = "") -> FetchResult:
    return result(
        f'<?xml version="1.0"?><rss version="2.0" {namespaces}><channel><title>T</title>{item}</channel></rss>'
    )


def one(item: str, namespaces: str = "") -> Article:
    found = rss(f"<item>{item}</item>", namespaces)
    assert len(found.articles) == 1, found.problems
    return found.articles[0]


def test_an_entry_of_rss_2() -> None:
    article = one(
        "<title><![CDATA[Tom &amp; Jerry&#8217;s &lt;em&gt;return&lt;/em&gt;]]></title><link>/2026/tom</link>"
        '<guid isPermaLink="false">7</guid><category>City</category><category>city</category><category>Culture</category>'
        "<pubDate>Mon, 23 Nov 2026 08:00:00 +0200</pubDate><dc:creator>by Ada Byron</dc:creator>"
        "<description>&lt;p&gt;First.&lt;/p&gt;&lt;p&gt;Second &lt;script&gt;alert(1)&lt;/script&gt;one.&lt;/p&gt;</description>",
        'xmlns:dc="http://purl.org/dc/elements/1.1/"',
    )
    assert article == Article(
        url="https://www.example.com/2026/tom",
        headline="Tom & Jerry’s return",
        source="feed",
        guid="7",
        summary="First. Second one.",
        published=datetime(2026, 11, 23, 6, tzinfo=UTC),
        categories=("City", "Culture"),
        authors=(Author("Ada Byron"),),
    )


def test_an_entry_of_rss_1_and_of_atom() -> None:
    rdf = result(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><item rdf:about="https://www.example.com/a"><title>A</title>'
        "<link>https://www.example.com/a</link><dc:date>2026-11-23T06:00:00Z</dc:date></item></rdf:RDF>"
    ).articles[0]
    assert (rdf.headline, rdf.published, rdf.categories) == ("A", datetime(2026, 11, 23, 6, tzinfo=UTC), ("News",))
    atom = result(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://www.example.com/x/"><entry><title type="html">&lt;b&gt;A&lt;/b&gt;</title>'
        '<link href="a"/><id>tag:1</id><updated>2026-11-23T06:00:00Z</updated><author><name>Ada</name></author>'
        '<category term="c" label="City"/><content type="html">&lt;img src="/i.jpg" width="800" alt="Boat"&gt;Text</content></entry></feed>'
    ).articles[0]
    assert (atom.url, atom.headline, atom.categories) == ("https://www.example.com/x/a", "A", ("City",))
    assert atom.image
    assert (atom.image.url, atom.image.alt, atom.image.width) == ("https://www.example.com/i.jpg", "Boat", 800)


def test_an_item_of_a_json_feed() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "language": "en",
        "authors": [{"name": "The desk"}],
        "items": [
            {"id": 1, "url": "/a", "title": "A", "content_html": "<p>Text</p>", "date_published": "2026-11-23T06:00:00Z",
             "tags": ["City"], "image": "https://www.example.com/i.jpg"},
            {"id": "2", "content_text": "No title here. More follows."},
            {"id": "3"},
            "nonsense",
        ],
    }  # fmt: skip
    found = result(json.dumps(feed))
    assert [article.headline for article in found.articles] == ["A", "No title here."]
    assert found.articles[0].url == "https://www.example.com/a"
    assert found.articles[0].authors == (Author("The desk"),)
    assert found.articles[0].language == "en"
    assert "neither title nor text" in str(found.problems[0])


@pytest.mark.parametrize(
    ("markup", "names"),
    [
        ("<author>a@example.com (Ada Byron)</author>", ["Ada Byron"]),
        ("<author>a@example.com</author>", []),
        ("<dc:creator>Ada</dc:creator><dc:creator>Bo</dc:creator>", ["Ada", "Bo"]),
    ],
)
def test_authors_have_names_and_no_addresses(markup: str, names: list[str]) -> None:
    article = one(f"<title>T</title>{markup}", 'xmlns:dc="http://purl.org/dc/elements/1.1/"')
    assert [author.name for author in article.authors] == names


def test_the_widest_image_that_suits_an_email_is_chosen() -> None:
    article = one(
        '<title>T</title><media:thumbnail url="https://e.example/t.jpg" width="140" height="84"/>'
        '<media:content url="https://e.example/m.jpg" medium="image" width="460" height="276"/>'
        '<media:content url="https://e.example/x.jpg" medium="image" width="4000"/>'
        '<media:content url="https://e.example/v.mp4" medium="video" width="900"/>'
        '<description>&lt;img src="https://e.example/pixel.gif" width="1" height="1"&gt;</description>',
        'xmlns:media="http://search.yahoo.com/mrss/"',
    )
    assert article.image
    assert (article.image.url, article.image.width, article.image.height) == ("https://e.example/m.jpg", 460, 276)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ftp://e.example/x"])
def test_links_and_pictures_lead_only_to_the_web(link: str) -> None:
    article = one(f'<title>T</title><link>{link}</link><enclosure url="{link}" type="image/png"/>')
    assert article.url == ""
    assert article.image is None


def test_an_entry_without_a_title_gets_its_first_words_as_headline() -> None:
    assert one("<description>It rained. A lot.</description>").headline == "It rained."
    assert one("<description>" + "word " * 60 + "</description>").headline.endswith("word…")


def test_entries_with_neither_title_nor_text_are_reported_once() -> None:
    found = rss("<item><link>https://e.example/1</link></item><item><title>T</title></item><item></item>")
    assert len(found.articles) == 1
    assert [str(problem) for problem in found.problems] == [
        "https://www.example.com/feed: 2 entries have neither title nor text (number 1 and others); left out"
    ]


def test_an_invalid_date_is_reported_and_the_entry_kept() -> None:
    found = rss("<item><title>T</title><pubDate>the day after</pubDate></item>")
    assert found.articles[0].published is None
    assert "a date that cannot be read (number 1: 'the day after')" in str(found.problems[0])


def test_boilerplate_at_the_end_is_removed() -> None:
    text = "The news. The post <a href='x'>The news</a> appeared first on <a href='y'>Gazette</a>."
    article = one(f"<title>The news</title><description><![CDATA[{text}]]></description>")
    assert article.summary == "The news."


def test_an_entry_without_a_link_has_none() -> None:
    first, second = rss("<item><title>A</title></item><item><title>B</title><link></link></item>").articles
    assert (first.url, second.url) == ("", "")


def test_an_image_without_a_url_is_ignored() -> None:
    article = one('<title>T</title><link>https://e.example/a</link><description>&lt;img alt="x"&gt;Text</description>')
    assert article.image is None


def test_an_invalid_link_is_reported() -> None:
    found = rss("<item><title>T</title><link>javascript:alert(1)</link></item>" * 3)
    assert len(found.articles) == 3
    assert "3 entries have a link that is not a valid URL (number 1 and others: 'javascript:" in str(found.problems[0])


def test_relative_links_of_a_feed_in_a_file_refer_to_the_site_it_names() -> None:
    body = b"<rss version='2.0'><channel><link>https://www.example.com/</link><item><title>T</title><link>/a</link></item></channel></rss>"
    assert parse(Document(body), SOURCE).articles[0].url == "https://www.example.com/a"


def test_each_kind_of_problem_is_reported_however_many_there_are_of_another() -> None:
    found = rss("<item><title>T</title><pubDate>soon</pubDate></item>" * 5 + "<item></item>" * 2)
    messages = [problem.message for problem in found.problems]
    assert messages == [
        "2 entries have neither title nor text (number 6 and others)",
        "5 entries have a date that cannot be read (number 1 and others: 'soon')",
    ]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Mon, 23 Nov 2026 08:00:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("mer, 16 nov 2022 00:38:15 +0100", datetime(2022, 11, 15, 23, 38, 15, tzinfo=UTC)),
        ("2026-11-23 08:00:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("Tue, 31 Feb 2026 10:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
    ],
)
def test_dates_in_many_formats(written: str, moment: datetime | None) -> None:
    assert one(f"<title>T</title><pubDate>{written}</pubDate>").published == moment


def test_categories_keep_their_order_and_first_spelling() -> None:
    markup = "".join(f"<category>{name}</category>" for name in ("City", "Culture", "city"))
    assert one(f"<title>T</title>{markup}").categories == ("City", "Culture")


def test_a_long_text_ends_with_a_whole_word() -> None:
    summary = one(f"<title>T</title><description>{'newsroom ' * 400}</description>").summary
    assert len(summary) <= 2000
    assert summary.endswith("newsroom")


def test_an_image_of_unknown_width_is_preferred_to_a_small_one() -> None:
    article = one(
        '<title>T</title><enclosure url="https://e.example/pixel-9-iconic.jpg" type="image/jpeg"/>'
        '<media:thumbnail url="https://e.example/t.jpg" width="140" height="84"/>',
        'xmlns:media="http://search.yahoo.com/mrss/"',
    )
    assert article.image
    assert article.image.url == "https://e.example/pixel-9-iconic.jpg"


def test_an_enclosure_that_is_not_an_image_is_ignored() -> None:
    article = one(
        '<title>T</title><enclosure url="https://www.example.com/a.mp3" type="audio/mpeg" length="9"/>'
        '<enclosure url="https://www.example.com/a.jpg" type="image/jpeg" length="9"/>'
    )
    assert article.image
    assert article.image.url == "https://www.example.com/a.jpg"


@pytest.mark.parametrize("key", ["title", "content_html", "summary", "url", "image", "language", "id"])
def test_a_lone_surrogate_in_json_is_harmless(key: str) -> None:
    item = {"title": "T", "content_html": "<p>x</p><img src='https://e.example/a.jpg'>", key: "\ud83d &amp; <b>x</b>"}
    article = result(json.dumps({"items": [item]})).articles[0]
    repr(article).encode()


def test_a_lone_surrogate_in_xml_loses_no_entry() -> None:
    found = rss(
        "<item><title>A &#55357;&#56832; smile</title></item><item><title>B&#xD83D; &#55295;&#57344;</title></item>"
    )
    assert [article.headline for article in found.articles] == ["A smile", "B \ud7ff\ue000"]


@pytest.mark.parametrize("encoding", ["undefined", "punycode", "hex", "no-such", "utf-16"])
def test_an_unusable_encoding_raises_at_most_a_source_error(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><item><title>T</title></item></channel></rss>'
    with suppress(SourceError):  # which read_sources makes a failed FetchResult
        assert result(body).articles[0].headline == "T"


@pytest.mark.parametrize("markup", ["<p ", "<a", "<!--", "<img ", "<div>", "<b>", "<table><tr><td>", "&amp;"])
def test_unclosed_markup_is_read_in_linear_time(markup: str) -> None:
    started = time.process_time()
    one(f"<title>T</title><description><![CDATA[{markup * 30_000}]]></description>")
    assert time.process_time() - started < 3  # well under a second, unless it is quadratic


def test_malformed_xml_is_read_as_far_as_possible_and_reported_with_its_line() -> None:
    found = result(
        '<rss version="2.0"><channel>\n<item><title>Good</title></item>\n<item><title>Bad & ugly</title></item></channel></rss>'
    )
    assert found.articles[0].headline == "Good"
    assert "feed:3: malformed XML" in str(found.problems[0])


def test_a_web_page_is_not_a_feed_and_the_hint_names_its_feed() -> None:
    with pytest.raises(SourceError, match="is a web page") as caught:
        result('<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head></html>')
    assert caught.value.hint == "use https://www.example.com/rss"


def test_a_web_page_without_a_feed_says_to_look_for_one() -> None:
    with pytest.raises(SourceError, match="is a web page, not a feed") as caught:
        result(
            "<!DOCTYPE html>\n<html>\n <head><meta charset='UTF-8'><link rel='icon' href='/i.png'></head><p>Hello</html>"
        )
    assert caught.value.hint == "look for the address of the site's feed"


@pytest.mark.parametrize("body", ["just words", "{}", '{"items": 3}', "{", "[" * 100_000, "<a/>"])
def test_what_is_not_a_feed_is_refused(body: str) -> None:
    with pytest.raises(SourceError):
        result(body)


def test_an_entity_bomb_does_not_expand() -> None:
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE r [<!ENTITY a0 "ha">{bomb}]><rss version="2.0"><channel><item><title>&a9;</title></item></channel></rss>'
    try:
        found = result(body)
    except SourceError:
        return
    assert all(len(article.headline) <= 500 for article in found.articles)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_raise_anything_but_a_source_error(body: bytes) -> None:
    for document in (b"<rss version='2.0'><channel><item><title>T</title>" + body, body):
        with suppress(SourceError):
            result(document)


# --- whole feeds, as publishers write them ----------------------------------------------------------------------------


def entries(found: FetchResult) -> list[tuple[str, str, str]]:
    """Headline, URL and date of each article."""
    return [(a.headline, a.url, a.published.isoformat() if a.published else "") for a in found.articles]


def test_a_newspaper_s_feed_with_html_excerpts_and_pictures() -> None:
    (found,) = read_sources([Source("feed", "english", path=FEEDS / "english.rss")], now=NOW)
    assert found.problems == ()
    assert len(found.articles) == 4
    assert found.articles[0] == Article(
        url="https://www.example.com/city/2026/nov/23/marigold-returns?CMP=rss&page=1",
        headline="‘We thought she was scrap’: how the Marigold came back after eleven years",
        source="english",
        guid="https://www.example.com/city/2026/nov/23/marigold-returns",
        summary="The crew found her between two barges, with a heron asleep on the bridge · Timetable from Monday",
        published=datetime(2026, 11, 23, 5, 40, 12, tzinfo=UTC),
        categories=("City", "Public transport"),
        authors=(Author("Zoë Brandão"),),
        image=Image("https://www.example.com/img/marigold/460.jpg?fit=max&s=2b", width=460),
        language="en-gb",
    )
    assert found.articles[1].headline == "Council votes 12–11 to keep the lighthouse & its keeper"
    assert found.articles[1].guid == "herald:40172"


@pytest.mark.parametrize(
    ("name", "headline", "author", "category", "published"),
    [
        ("arabic.rss", "العبّارة «Marigold» تعود إلى الميناء بعد 11 عامًا", "ليلى حدّاد", "المدينة", "2026-11-23T05:00:00+00:00"),
        ("urdu.rss", "گیارہ سال بعد کشتی بندرگاہ میں واپس", "سارہ خان", "شہر", "2026-11-23T05:00:00+00:00"),
        ("chinese.atom", "停航十一年的渡轮“金盏花号”重返海港", "陈海", "城市", "2026-11-22T21:10:00+00:00"),
        ("german.atom", "Nachtfährenwiederinbetriebnahme: Die „Ringelblume“ fährt wieder", "Jörg Müßig", "News", "2026-11-23T05:45:00+00:00"),
    ],
)  # fmt: skip
def test_feeds_in_other_scripts(name: str, headline: str, author: str, category: str, published: str) -> None:
    (found,) = read_sources([Source("feed", name, path=FEEDS / name, category="News")], now=NOW)
    article = found.articles[0]
    assert (article.headline, article.authors, article.categories) == (headline, (Author(author),), (category,))
    assert article.published == datetime.fromisoformat(published)
    assert article.language == {"arabic": "ar", "urdu": "ur", "chinese": "zh-Hans", "german": "de"}[Path(name).stem]


def test_an_atom_entry_s_picture_and_its_date_of_publication() -> None:
    chinese, german = (
        read_sources([Source("feed", name, path=FEEDS / name)], now=NOW)[0].articles[0]
        for name in ("chinese.atom", "german.atom")
    )
    assert chinese.image == Image("https://www.example.com/img/ferry-144.jpg", width=144, height=81)
    assert german.image == Image("https://www.example.com/de/imgs/faehre.jpeg", alt="Die Fähre", width=700)
    assert german.summary == "Nach elf Jahren an Land überquert sie wieder den Hafen."


@pytest.mark.parametrize(
    ("declared", "content_type", "encoding", "headline"),
    [
        ("iso-8859-7", "", "iso-8859-7", "Το φεριμπότ επιστρέφει στο λιμάνι"),
        ("ISO-8859-1", "", "iso-8859-1", "Notícias raríssimas: a balsa não afundou"),
        ("", "", "iso-8859-1", "Le bac est revenu cet été"),
        ("windows-1252", "", "windows-1252", "Le bac – « enfin » – à l’œuvre"),
        ("", "", "utf-8-sig", "Паром вернулся"),
        ("utf-16", "", "utf-16", "フェリーが帰ってきた"),
        ("", "application/rss+xml; charset=shift_jis", "shift_jis", "フェリーが帰ってきた"),
        ("UTF-8", "text/xml; charset=utf-8", "utf-8", "کشتی واپس آ گئی"),
    ],
)
def test_the_encoding_is_taken_from_the_declaration_the_header_or_the_bytes(
    declared: str, content_type: str, encoding: str, headline: str
) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = f'{declaration}<rss version="2.0"><channel><item><title>{headline}</title></item></channel></rss>'
    assert [article.headline for article in result(text.encode(encoding), content_type).articles] == [headline]


RDF_090 = (
    '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>T</title><link>https://www.example.com/</link></channel>'
    "<item><title>First</title><link>https://www.example.com/1?wt=rdf</link></item>"
    "<item><title>Second</title><link>https://www.example.com/2</link></item></rdf:RDF>"
)
BLANK_LINES_FIRST = (
    "\n\n\t\n<?xml version='1.0'?>\n<?xml-stylesheet href='/style.xsl' type='text/xsl'?>\n<rss version='2.0'><channel>"
    "<item><title>First</title><link>https://www.example.com/1?wt=rdf</link></item>"
    "<item><title>Second</title><link>https://www.example.com/2</link></item></channel></rss>"
)
INDENTED = (
    "<rss version='2.0'><channel>\n <title>\n  <![CDATA[ T ]]>\n </title>\n <item>\n  <title>\n   <![CDATA[\nFirst\n]]>\n  </title>"
    "\n  <link>\n   https://www.example.com/1?wt=rdf\n  </link>\n </item>\n <item>\n  <title>\tSecond </title>"
    "\n  <link>\n   <![CDATA[https://www.example.com/2]]></link></item></channel></rss>"
)
RELATIVE = (
    "<rss version='2.0'><channel><title>T</title><link>/news</link><item><title>First</title><link>/1?wt=rdf</link></item>"
    "<item><title>Second</title><link>2</link></item></channel></rss>"
)
METADATA_LAST = (
    "<rss version='2.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel>"
    "<item><title>First</title><link>https://www.example.com/1?wt=rdf</link></item>"
    "<item><title>Second</title><link>https://www.example.com/2</link></item>"
    "<title>T</title><link>https://www.example.com/</link><itunes:category text='Music'/></channel></rss>"
)
TWO_GUIDS = (
    "<rss version='2.0'><channel><item><title>First</title><guid>https://www.example.com/1?wt=rdf</guid>"
    "<guid>https://www.example.com/1?wt=rdf</guid></item><item><title>Second</title>"
    "<guid>https://www.example.com/2</guid></item></channel></rss>"
)


@pytest.mark.parametrize(
    "body",
    [RDF_090, BLANK_LINES_FIRST, INDENTED, RELATIVE, METADATA_LAST, TWO_GUIDS],
    ids=["rdf 0.90", "blank lines first", "indented", "relative links", "metadata last", "two guids"],
)
def test_oddly_written_feeds_are_read_like_any_other(body: str) -> None:
    found = result(body)
    assert found.problems == ()
    assert entries(found) == [
        ("First", "https://www.example.com/1?wt=rdf", ""),
        ("Second", "https://www.example.com/2", ""),
    ]


def test_an_ampersand_in_a_link_loses_no_entry() -> None:
    item = "<item><title>{0}</title><link>https://www.example.com/{0}?a=1{1}b=2</link></item>"
    found = result(
        "<rss version='2.0'><channel>"
        + "".join(item.format(title, ampersand) for title, ampersand in (("A", "&amp;"), ("B", "&"), ("C", "&amp;")))
        + "</channel></rss>"
    )
    assert entries(found) == [(title, f"https://www.example.com/{title}?a=1&b=2", "") for title in "ABC"]
    assert "malformed XML" in found.problems[0].message


def test_texts_are_clean_of_markup_entities_and_control_characters() -> None:
    article = one(
        "<title><![CDATA[Tea &amp;amp; toast]]>\tat\n  ten</title><category>&lt;b&gt;Food&lt;/b&gt; &amp;amp; drink</category>"
        "<dc:creator>\n By  Ada&amp;nbsp;Penhale\t</dc:creator><description>One&amp;#27;&amp;#13;two &amp;amp;amp; three</description>",
        'xmlns:dc="http://purl.org/dc/elements/1.1/"',
    )
    assert article.headline == "Tea & toast at ten"
    assert article.categories == ("Food & drink",)
    assert article.authors == (Author("Ada Penhale"),)
    assert article.summary == "One two & three"


def test_a_home_page_leads_to_its_feed(web: WebServer) -> None:
    web.page("/rss", b"<rss version='2.0'><channel><item><title>T</title></item></channel></rss>")
    page = b"<!doctype html><html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head></html>"
    url = web.page("/", page)
    found = read_sources([Source("feed", "site", url=url)], now=NOW)[0]
    assert [article.headline for article in found.articles] == ["T"]
    assert f"its feed {web.url}/rss was read" in str(found.problems[0])


def test_an_unchanged_feed_is_not_downloaded_again_and_still_read(web: WebServer) -> None:
    body = b"<rss version='2.0'><channel><item><title>T</title></item></channel></rss>"
    source = Source("feed", "site", url=web.page("/rss", body, ETag='"1"'))
    first = read_sources([source], now=NOW)[0]
    assert [stored.etag for stored in first.fetched] == ['"1"']
    web.page("/rss", status=304)
    again = read_sources([source], now=NOW, stored={stored.url: stored for stored in first.fetched}.get)[0]
    assert again.articles == first.articles
    assert again.fetched == ()
