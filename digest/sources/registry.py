"""The types of source. A new type is one module with a `read` function, and one entry here.

Each module is imported when a source of its type is read: a newsroom pays only for what it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from digest.models import FetchResult, Source
from digest.sources.fetch import FetchContext

Reader = Callable[[Source, FetchContext], FetchResult]
"""Returns what a source has; raises SourceError when it cannot be read."""


def _read_feed(source: Source, context: FetchContext) -> FetchResult:
    from digest.sources import feed

    return feed.read(source, context)


def _read_folder(source: Source, context: FetchContext) -> FetchResult:
    from digest.sources import folder

    return folder.read(source, context)


def _read_opml(source: Source, context: FetchContext) -> FetchResult:
    from digest.sources import opml

    return opml.read(source, context)


def _read_page(source: Source, context: FetchContext) -> FetchResult:
    from digest.sources import page

    return page.read(source, context)


def _read_wordpress(source: Source, context: FetchContext) -> FetchResult:
    from digest.sources import wordpress

    return wordpress.read(source, context)


READERS: Mapping[str, Reader] = {
    "feed": _read_feed,
    "folder": _read_folder,
    "opml": _read_opml,
    "page": _read_page,
    "wordpress": _read_wordpress,
}
"""By the `type` of [[sources]]; `digest.config.tables.SOURCE_TYPES` lists the same names."""
