"""Reads articles from feeds, WordPress sites, web pages, folders and OPML lists. Fetching is separate from parsing.

    registry.py   the types of source, and the module that reads each
    read.py       reads all sources side by side
    fetch.py      a source's document, from the web or a file
    http.py       HTTP: redirects, retries, conditional GETs, limits, no private networks
    feed/, wordpress.py, page/, folder.py, opml.py
                  one type of source each: `read(source, context)` returns a FetchResult
    normalize.py, dates.py, images.py, sanitize.py
                  what a source says -> clean fields of an Article

A source that cannot be read raises SourceError, which `read_sources` turns into a FetchResult with `failed` set.

May import `editorial` and the packages below it; uses `core`, `models` and `errors`.
"""

from digest.sources.http import fetch_status
from digest.sources.images import fetch_images
from digest.sources.read import read_sources
from digest.sources.registry import READERS

__all__ = ["READERS", "fetch_images", "fetch_status", "read_sources"]
