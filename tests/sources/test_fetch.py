"""A source's document from a file, and the feed that a page names."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.models import Source
from digest.sources.fetch import FetchContext, fetch_document, find_feed_url
from digest.sources.http import MAX_BYTES, Document, HttpFetcher


def fetch(path: Path) -> Document:
    context = FetchContext(now=datetime(2026, 11, 23, tzinfo=UTC), http=HttpFetcher())
    return fetch_document(Source("feed", "feed", path=path), context)


def test_a_file_is_read_or_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    with pytest.raises(SourceError, match="no such file"):
        fetch(file)
    with pytest.raises(SourceError, match='type = "folder"'):
        fetch(tmp_path)
    file.write_bytes(b"  \n")
    with pytest.raises(SourceError, match="is empty"):
        fetch(file)
    file.write_bytes(b"<rss/>")
    assert fetch(file).body == b"<rss/>"
    file.write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(SourceError, match="larger than 10 MB"):
        fetch(file)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("<link rel='alternate' type='application/rss+xml' href=' /rss '>", "https://www.example.com/rss"),
        ("<link rel='Alternate home' type='Application/Atom+XML' href='atom'>", "https://www.example.com/news/atom"),
        ("<link rel='stylesheet' type='application/rss+xml' href='/rss'>", ""),
        ("<link rel='alternate' type='text/html' href='/de/'>", ""),
        ("<link rel='alternate' type='application/rss+xml' href='http://['>", ""),
        ("", ""),
    ],
)
def test_a_page_names_its_feed_in_its_head(link: str, url: str) -> None:
    page = f"<!doctype html><html><head>{link}</head><body></body></html>".encode()
    assert find_feed_url(Document(page, "https://www.example.com/news/")) == url
