"""Reads all sources side by side; one that fails does not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from digest.core.text import describe_error
from digest.errors import SourceError
from digest.models import FetchResult, Problem, Source, StoredDocument
from digest.sources.fetch import FetchContext
from digest.sources.http import HttpFetcher
from digest.sources.registry import READERS

logger = logging.getLogger(__name__)

_WORKERS = 8
"""How many sources are read at the same time: one slow site must not hold up the rest."""


def read_sources(
    sources: Sequence[Source],
    *,
    now: datetime,
    timezone: str = "UTC",
    base_url: str = "",
    since: Mapping[str, datetime] | None = None,
    stored: Callable[[str], StoredDocument | None] = lambda _url: None,
) -> list[FetchResult]:
    """Read every source and return the results in the given order; a source that failed has `failed` set.

    An OPML list is replaced by the results of the feeds it names.

    Args:
        sources: The sources to read.
        now: What relative dates such as "3 hours ago" are counted from; aware.
        timezone: The time zone of times without an offset, in sources that people write by hand.
        base_url: The publication's own site. It is sent to the sites that are read, in the User-Agent, and articles in
            a folder are assumed to be published there.
        since: Where each source's window starts, by the source's name.
        stored: Returns a document as last fetched, by URL, for conditional GETs; called from several threads.
    """

    def context_for(configured: Source) -> FetchContext:
        # A host that the configuration itself names may be private; one that a list from the web names may not.
        trusted_host = urlsplit(configured.url).hostname or ""
        http = HttpFetcher(base_url, stored=stored, trusted_host=trusted_host)
        return FetchContext(now=now, http=http, timezone=timezone, base_url=base_url, since=since or {})

    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        results = list(pool.map(lambda source: _read(source, context_for(source)), sources))
        feeds = [(feed, result.source if result.source.url else feed) for result in results for feed in result.listed]
        feed_results = pool.map(lambda pair: _read(pair[0], context_for(pair[1])), feeds)
        found: list[FetchResult] = []
        for result in results:
            if not result.listed or result.problems or result.fetched:
                found.append(result)
            found += islice(feed_results, len(result.listed))
        return found


def _read(source: Source, context: FetchContext) -> FetchResult:
    try:
        result = READERS[source.type](source, context)
    except SourceError as error:
        result = FetchResult(source, failed=error.as_problem())
    except Exception as error:
        logger.debug("unexpected error in source %s", source.name, exc_info=True)
        message = f"cannot be read: unexpected {type(error).__name__}: {describe_error(error)[:200]}"
        result = FetchResult(source, failed=Problem(source.location, message, "please report it"))
    problems = (*context.http.problems, *result.problems)
    return replace(result, problems=problems, fetched=tuple(context.http.fetched))
