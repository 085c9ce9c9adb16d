"""A source's document from a file."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.models import Source
from digest.sources.context import Context
from digest.sources.fetch import retrieve
from digest.sources.http import MAX_BYTES, Document, HttpFetcher


def fetch(path: Path) -> Document:
    context = Context(now=datetime(2026, 11, 23, tzinfo=UTC), web=HttpFetcher())
    return retrieve(Source("feed", "feed", path=path), context)


def test_files(tmp_path: Path) -> None:
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
