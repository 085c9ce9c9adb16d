"""Find links that no longer work."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from digest.lint.findings import Finding, minor, serious
from digest.lint.page import Page, shorten
from digest.models import Message

_GONE = {404, 410}
_REFUSED = {401, 403, 405, 406, 429, 451, 999}
"""What sites answer to programs that are not browsers."""
_FIRST_ERROR = 400


def list_links(message: Message) -> list[str]:
    """Return the web URLs of a message's links and pictures, each once, without those that differ by recipient."""
    tokens = [merge_field.token for merge_field in message.merge_fields]
    found = (
        element.get("href") or element.get("src") or "" for element in Page(message.html).find_all("a", "area", "img")
    )
    web = (url.strip() for url in found if url.strip().lower().startswith(("http://", "https://")))
    return list(dict.fromkeys(url for url in web if not any(token in url for token in tokens)))


def find_broken_links(urls: Iterable[str], fetch: Callable[[str], int]) -> list[Finding]:
    """Return a finding for each URL that does not work.

    Args:
        urls: Each is fetched once.
        fetch: Returns the HTTP status after redirects; raises OSError or ValueError if there is none.
    """
    return [finding for url in dict.fromkeys(urls) if (finding := _check_link(url, fetch))]


def _check_link(url: str, fetch: Callable[[str], int]) -> Finding | None:
    try:
        status = fetch(url)
    except (OSError, ValueError) as error:
        return serious("link-broken", f"cannot be reached: {error}", shorten(url), "fix the link, or try again later")
    if status < _FIRST_ERROR:
        return None
    if status in _REFUSED:
        message = f"answers {status}, perhaps only to programs"
        return minor("link-unknown", message, shorten(url), "open it in a browser")
    hint = "fix the link" if status in _GONE else "fix the link, or try again later"
    return serious("link-broken", f"answers {status}", shorten(url), hint)
