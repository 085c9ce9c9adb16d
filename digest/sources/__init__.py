"""Where articles come from. Each type of source is one file, and one line here.

A source's `read(source, context)` returns a FetchResult or raises SourceError, which becomes the result's `failed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from urllib.parse import urlsplit

from digest.errors import SourceError
from digest.models import FetchResult, Problem, Source, StoredDocument
from digest.sources.context import Context
from digest.sources.http import HttpFetcher
from digest.sources.remote_pictures import fetch_pictures

__all__ = ["SOURCES", "fetch_pictures", "read_sources", "status_of"]

SOURCES = {
    "feed": "digest.sources.feed",
    "folder": "digest.sources.folder",
    "opml": "digest.sources.opml",
    "page": "digest.sources.page",
    "wordpress": "digest.sources.wordpress",
}
"""The types of source and the module that reads each, imported when one is read."""

_AT_ONCE = 8
"""Sources read side by side: one slow site must not hold up the rest."""


def read_sources(
    sources: Sequence[Source],
    *,
    now: datetime,
    timezone: str = "UTC",
    base_url: str = "",
    since: Mapping[str, datetime] | None = None,
    stored: Callable[[str], StoredDocument | None] = lambda _url: None,
) -> list[FetchResult]:
    """Read every source, in the order given; one that cannot be read is a FetchResult with `failed` set.

    Args:
        sources: What to read.
        now: The moment that ages such as "3 hours ago" count back from, aware.
        timezone: Where a time without an offset is meant, in sources that people write by hand.
        base_url: The publication's own site: it is told to the sites that are read, and articles in a folder are taken
            to be published there.
        since: Where each source's window begins, by its name.
        stored: A document as last fetched, by URL, for conditional GETs; asked from several threads.
    """

    def context_of(named: Source) -> Context:
        # What the configuration names itself may be a private host; what a list from the web names may not.
        web = HttpFetcher(base_url, stored=stored, trusted_host=urlsplit(named.url).hostname or "")
        return Context(now=now, web=web, timezone=timezone, base_url=base_url, since=since or {})

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        expanded = list(pool.map(lambda source: _expand(source, context_of(source)), sources))
        feeds = [
            (feed, source if source.url and feed is not source else feed)
            for source, (_, several) in zip(sources, expanded, strict=True)
            for feed in several
        ]
        results = pool.map(lambda pair: _read(pair[0], context_of(pair[1])), feeds)
        return [*(found for found, _ in expanded if found), *results]


def status_of(url: str) -> int:
    """The HTTP status a link of the email answers with. Raises SourceError, an OSError, when it does not answer."""
    return HttpFetcher(trusted_host=urlsplit(url).hostname or "").status(url)


def _expand(source: Source, context: Context) -> tuple[FetchResult | None, list[Source]]:
    """A source that is a list of others as these, with a FetchResult for what is wrong with the list itself."""
    if source.type != "opml":
        return None, [source]
    from digest.sources.opml import expand

    try:
        several, problems = expand(source, context)
    except SourceError as error:
        return FetchResult(source, failed=error.as_problem()), []
    told = (*context.web.problems, *problems)
    fetched = tuple(context.web.fetched)
    return (FetchResult(source, problems=told, fetched=fetched) if told or fetched else None), several


def _read(source: Source, context: Context) -> FetchResult:
    module = import_module(SOURCES[source.type])
    try:
        result: FetchResult = module.read(source, context)
    except SourceError as error:
        result = FetchResult(source, failed=error.as_problem())
    except Exception as error:  # noqa: BLE001 - whatever one source does, the others are read
        what = f"cannot be read: unexpected {type(error).__name__}: {' '.join(str(error).split())[:200]}"
        result = FetchResult(source, failed=Problem(source.location, what, "please report it"))
    told = (*context.web.problems, *result.problems)
    return replace(result, problems=told, fetched=tuple(context.web.fetched))
