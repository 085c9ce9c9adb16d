"""OPML lists: each feed becomes a source of its own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.models import Source
from digest.sources import read_sources
from digest.sources.http import Document
from digest.sources.opml import parse
from tests.servers.web import WebServer

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LIST = Source("opml", "list", path=Path("/list.opml"), category="News")


def test_outlines_become_feeds_with_the_outline_around_them_as_category() -> None:
    result = parse(
        Document(b"""<?xml version="1.0"?><opml version="2.0"><body>
        <outline text="City"><outline text="The Gazette" xmlUrl="https://a.example/feed"/>
        <outline text="The Gazette" xmlUrl="https://b.example/feed"/></outline>
        <outline title="Again" text="x" xmlUrl="https://a.example/feed"/>
        <outline text="Bad" xmlUrl="javascript:alert(1)"/><outline text="A page" htmlUrl="https://c.example"/>
        <outline title="Alone" xmlUrl="https://d.example/feed"/></body></opml>"""),
        LIST,
    )
    assert result.listed == (
        Source("feed", "The Gazette", url="https://a.example/feed", category="City"),
        Source("feed", "The Gazette (https://b.example/feed)", url="https://b.example/feed", category="City"),
        Source("feed", "Alone", url="https://d.example/feed", category="News"),
    )
    assert [str(problem) for problem in result.problems] == [
        "/list.opml:5: Bad: `javascript:alert(1)` is not a valid URL; this feed is not read"
    ]


def test_each_feed_of_a_list_fails_on_its_own(web: WebServer, tmp_path: Path) -> None:
    feed = web.page("/good", b"<rss version='2.0'><channel><item><title>T</title></item></channel></rss>")
    file = tmp_path / "list.opml"
    file.write_text(
        f"<opml><body><outline text='Good' xmlUrl='{feed}'/><outline text='Gone' xmlUrl='{web.url}/gone'/></body></opml>"
    )
    good, gone = read_sources([Source("opml", "list", path=file)], now=NOW)
    assert [article.source for article in good.articles] == ["Good"]
    assert gone.failed
    assert "404" in gone.failed.message


def test_the_feeds_of_a_list_take_its_place_among_the_sources(web: WebServer, tmp_path: Path) -> None:
    feed = web.page("/feed", b"<rss version='2.0'><channel><item><title>T</title></item></channel></rss>")
    web.page("/feed?2", b"<rss version='2.0'><channel><item><title>T</title></item></channel></rss>")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "story.md").write_text(f"# Story {name}\n")
    file = tmp_path / "list.opml"
    file.write_text(
        f"<opml><body><outline text='One' xmlUrl='{feed}'/><outline text='Bad' xmlUrl='http://['/>"
        f"<outline text='Two' xmlUrl='{feed}?2'/></body></opml>"
    )
    sources = [
        Source("folder", "a", path=tmp_path / "a"),
        Source("opml", "list", path=file),
        Source("folder", "b", path=tmp_path / "b"),
    ]
    results = read_sources(sources, now=NOW)
    assert [result.source.name for result in results] == ["a", "list", "One", "Two", "b"]
    assert [problem.message for problem in results[1].problems] == ["Bad: `http://[` is not a valid URL"]


@pytest.mark.parametrize(
    "body", ["<html>", "just words", "<opml><body/></opml>", "<!DOCTYPE x [<!ENTITY a 'b'>]><opml>&a;</opml>"]
)
def test_an_invalid_list_loses_only_itself(tmp_path: Path, body: str) -> None:
    file = tmp_path / "list.opml"
    file.write_text(body)
    (tmp_path / "a.md").write_text("# Kept\n")
    bad, good = read_sources([Source("opml", "list", path=file), Source("folder", "desk", path=tmp_path)], now=NOW)
    assert bad.failed
    assert [article.headline for article in good.articles] == ["Kept"]


def test_a_list_from_the_web_cannot_name_private_hosts(web: WebServer) -> None:
    inner = web.url.replace("127.0.0.1", "127.0.0.2")
    listed = f"<opml><body><outline text='Inner' xmlUrl='{inner}/feed'/></body></opml>".encode()
    found = read_sources([Source("opml", "list", url=web.page("/list", listed))], now=NOW)
    assert found[0].failed
    assert "private network (127.0.0.2)" in found[0].failed.message
