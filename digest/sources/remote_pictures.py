"""Pictures of articles as bytes, for newsrooms whose mails carry them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from urllib.parse import urlsplit

from digest.errors import SourceError
from digest.models import Problem
from digest.sources.http import HttpFetcher

SECONDS = 30.0
"""After so long no picture is begun: a site that is down must not hold up a mail."""

_AT_ONCE = 8


def fetch_pictures(urls: Sequence[str], *, base_url: str, largest: int) -> dict[str, bytes | Problem]:
    """What is at the addresses of pictures, by address; a Problem where it cannot be had.

    Args:
        urls: Each is fetched once.
        base_url: The publication's own site, which alone may be in a private network.
        largest: Bytes that a picture may have.
    """
    last_start = time.monotonic() + SECONDS

    def fetched(url: str) -> bytes | Problem:
        if time.monotonic() > last_start:
            return Problem(url, f"not fetched: the pictures before it took {SECONDS:.0f} s")
        try:
            web = HttpFetcher(base_url, trusted_host=urlsplit(base_url).hostname or "", largest=largest)
            return web.get(url, "image/*").body
        except SourceError as error:
            return error.as_problem()

    # A thread for each host, which takes one connection at a time: one that is down would hold up every thread.
    by_host = defaultdict[str, list[str]](list)
    for url in urls:
        by_host[url.partition("//")[2].partition("/")[0]].append(url)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        found = pool.map(lambda urls: [(url, fetched(url)) for url in urls], by_host.values())
        return dict(chain.from_iterable(found))
