"""Feeds: RSS 2.0, RSS 1.0 and Atom (rss.py), and JSON Feed (json_feed.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from digest.core.text import clean_line
from digest.models import Article, FetchResult, Problem, Source
from digest.sources.feed.entry import to_article
from digest.sources.feed.json_feed import parse_json_feed
from digest.sources.feed.rss import parse_rss
from digest.sources.fetch import FetchContext, fetch_document, find_feed_url
from digest.sources.http import Document
from digest.sources.normalize import absolute_url

_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


def read(source: Source, context: FetchContext) -> FetchResult:
    """Fetch and parse a feed; if the source is a web page that names its feed, read that feed instead.

    Raises:
        SourceError: it cannot be fetched, or is not a feed.
    """
    document = fetch_document(source, context, _ACCEPT)
    if document.url and document.is_html and (feed_url := find_feed_url(document)):
        message = f"is a web page; its feed {feed_url} was read instead"
        problem = Problem(source.location, message, "use the feed's address in digest.toml")
        result = parse(context.http.get(feed_url, _ACCEPT), source)
        return replace(result, problems=(problem, *result.problems))
    return parse(document, source)


def parse(document: Document, source: Source) -> FetchResult:
    """Parse a feed. Each entry that cannot become an Article is counted in a problem.

    Raises:
        SourceError: it is HTML or otherwise not a feed.
    """
    is_json = document.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
    feed = parse_json_feed(document, source) if is_json else parse_rss(document, source)
    # A feed read from a file has no address of its own, but it says which site it belongs to.
    base = document.url or absolute_url(feed.home, "")
    articles: list[Article] = []
    empty, undated, unlinked = _EntryProblem(), _EntryProblem(), _EntryProblem()
    for number, entry in enumerate(feed.entries, 1):
        article = to_article(entry, source, base)
        if article is None:
            empty.add(number)
            continue
        articles.append(article)
        if entry.invalid_date:
            undated.add(number, entry.invalid_date)
        if entry.url and not article.url:
            unlinked.add(number, entry.url)
    problems = (
        *feed.problems,
        *empty.report(source, "neither title nor text", "left out"),
        *undated.report(source, "a date that cannot be read", "treated as undated"),
        *unlinked.report(source, "a link that is not a valid URL", "shown without a link"),
    )
    return FetchResult(source, tuple(articles), problems)


@dataclass(slots=True)
class _EntryProblem:
    """The same problem in several entries of a feed, reported once."""

    numbers: list[int] = field(default_factory=list)
    example: str = ""

    def add(self, number: int, example: str = "") -> None:
        self.example = self.example or clean_line(example)[:80]
        self.numbers.append(number)

    def report(self, source: Source, message: str, consequence: str) -> Iterator[Problem]:
        if not self.numbers:
            return
        entries = "an entry has" if len(self.numbers) == 1 else f"{len(self.numbers)} entries have"
        which = f"number {self.numbers[0]}" + (" and others" if len(self.numbers) > 1 else "")
        example = f": {self.example!r}" if self.example else ""
        yield Problem(source.location, f"{entries} {message} ({which}{example})", consequence)
