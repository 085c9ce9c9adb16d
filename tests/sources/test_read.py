"""Reading all sources: one that fails does not stop the others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.models import FetchResult, Source
from digest.sources import read_sources, registry
from digest.sources.fetch import FetchContext

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def test_a_source_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    good = tmp_path / "good.xml"
    good.write_text("<rss version='2.0'><channel><item><title>T</title></item></channel></rss>")
    sources = [Source("feed", "bad", path=tmp_path / "none.xml"), Source("feed", "good", path=good)]
    bad, fine = read_sources(sources, now=NOW)
    assert bad.failed
    assert "no such file" in bad.failed.message
    assert [article.source for article in fine.articles] == ["good"]


def test_a_bug_in_a_parser_loses_only_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_source: Source, _context: FetchContext) -> FetchResult:
        raise KeyError("title\n")

    monkeypatch.setitem(registry.READERS, "feed", read)
    (tmp_path / "a.md").write_text("# Kept\n")
    broken, fine = read_sources([Source("feed", "f", path=tmp_path), Source("folder", "desk", path=tmp_path)], now=NOW)
    assert broken.failed
    assert broken.failed.message == r"cannot be read: unexpected KeyError: 'title\n'"
    assert [article.headline for article in fine.articles] == ["Kept"]
