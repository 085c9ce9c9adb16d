"""Links that no longer lead anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from digest.lint.findings import Finding, minor, serious
from digest.lint.page import Page, cut
from digest.models import Message

_GONE = {404, 410}
_REFUSED = {401, 403, 405, 406, 429, 451, 999}
"""What sites answer to programs that are no browser."""
_FIRST_ERROR = 400


def links(message: Message) -> list[str]:
    """The web addresses that a message's links and pictures have, each once, without those that differ by recipient."""
    tokens = [merge_field.token for merge_field in message.merge_fields]
    found = (
        element.get("href") or element.get("src") or "" for element in Page(message.html).named("a", "area", "img")
    )
    web = (url.strip() for url in found if url.strip().lower().startswith(("http://", "https://")))
    return list(dict.fromkeys(url for url in web if not any(token in url for token in tokens)))


def broken_links(urls: Iterable[str], fetch: Callable[[str], int]) -> list[Finding]:
    """Say which addresses do not answer well.

    Args:
        urls: Each is fetched once.
        fetch: Gives the HTTP status at the end of redirects; raises OSError or ValueError where none came.
    """
    return [finding for url in dict.fromkeys(urls) if (finding := _asked(url, fetch))]


def _asked(url: str, fetch: Callable[[str], int]) -> Finding | None:
    try:
        status = fetch(url)
    except (OSError, ValueError) as error:
        return serious("link-broken", f"cannot be reached: {error}", cut(url), "mend the link, or try again later")
    if status < _FIRST_ERROR:
        return None
    if status in _REFUSED:
        what = f"answers {status}, which may be for programs only"
        return minor("link-unknown", what, cut(url), "open it in a browser")
    hint = "mend the link" if status in _GONE else "mend the link, or try again later"
    return serious("link-broken", f"answers {status}", cut(url), hint)
