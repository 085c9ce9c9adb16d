"""HTTP for sources: polite, within limits of time and size, and never into private networks."""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from digest import __version__
from digest.errors import SourceError
from digest.models import Problem, StoredDocument
from digest.sources.http_errors import (
    HttpStatusError,
    RetryableError,
    make_request_error,
    make_status_error,
    make_too_large_error,
)
from digest.sources.private_network import get_peer_addresses, parse_host, require_public, resolve

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)

T = TypeVar("T")

MAX_BYTES = 10_000_000
"""The largest document that is read, after decompression. The largest feed seen in use is below 5 MB."""

CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 30.0
MAX_REDIRECTS = 5
ATTEMPTS = 3
MAX_WAIT = 10.0
"""The longest `Retry-After`, in seconds, that is waited for; with a longer one the source has failed for this run."""

_FIRST_PAUSE = 0.5

_PERMANENT_REDIRECTS = (301, 308)
_REDIRECTS = (301, 302, 303, 307, 308)

_host_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
"""One connection to a host at a time, whichever sources share it."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was fetched: the bytes, the URL they came from after redirects (empty for a file), and the media type.

    The names of `headers` are in lower case.
    """

    body: bytes
    url: str = ""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_html(self) -> bool:
        """Whether this is a web page."""
        start = self.body[:2000].lower()
        return b"<html" in start or b"<!doctype html" in start


class HttpFetcher:
    """Fetches for one source in one run.

    Meanwhile two lists fill up: `problems` with permanent redirects, and `fetched` with documents to keep for the next
    run's conditional GETs.
    """

    def __init__(
        self,
        contact: str = "",
        *,
        stored: Callable[[str], StoredDocument | None] = lambda _url: None,
        trusted_host: str = "",
        max_bytes: int = MAX_BYTES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make the fetcher of one source.

        Args:
            contact: The publication's site, named in the User-Agent so that a webmaster sees who is asking.
            stored: Returns the document as last fetched, by URL.
            trusted_host: The host that the configuration itself names: it may have a private or loopback address.
            max_bytes: How large a document may be, after decompression.
            sleep: How to wait for a number of seconds.
        """
        self.problems: list[Problem] = []
        self.fetched: list[StoredDocument] = []
        self._user_agent = f"news-digest/{__version__}" + (f" (+{contact})" if contact else "")
        self._stored = stored
        self._trusted_host = trusted_host.casefold()
        self._max_bytes = max_bytes
        self._sleep = sleep

    def get(self, url: str, accept: str = "*/*") -> Document:
        """Return a document. Follows redirects, retries lost connections and 5xx, and sends conditional GETs.

        Raises:
            SourceError: it cannot be reached, is not allowed, takes too long or is too large; HttpStatusError when the
                server responds with an error.
        """
        with _host_locks[parse_host(url)]:
            for attempt in range(ATTEMPTS):
                try:
                    return self._follow_redirects(url, accept)
                except RetryableError as error:
                    pause = error.wait if error.wait is not None else _backoff(attempt)
                    if attempt == ATTEMPTS - 1 or pause > MAX_WAIT:
                        raise error.failure from None
                    logger.debug("GET %s: %s; retrying in %.1f s", _loggable(url), error.failure.message, pause)
                    self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _follow_redirects(self, url: str, accept: str) -> Document:
        current = url
        moved_to = ""
        for _ in range(MAX_REDIRECTS + 1):
            require_public(current, resolve(current), self._trusted_host)
            response = _run_within_deadline(partial(self._request, current, accept), current)
            if isinstance(response, Document):
                if moved_to:
                    message = f"has moved permanently to {moved_to}"
                    self.problems.append(Problem(url, message, "use that address in digest.toml"))
                return response
            target = _join(current, response.location, url)
            # The new address is worth keeping only as long as every step so far is permanent.
            if response.is_permanent and moved_to == (current if current != url else ""):
                moved_to = target
            current = target
        hint = "check in a browser where it leads"
        raise SourceError(f"more than {MAX_REDIRECTS} redirects", location=url, hint=hint)

    def _request(self, url: str, accept: str) -> Document | _Redirect:
        """Send one request and log it. Raises SourceError or RetryableError."""
        import httpx  # a tenth of a second, which a newsroom whose sources are all files need not spend

        stored = self._stored(url)
        headers = {"User-Agent": self._user_agent, "Accept": accept}
        if stored and stored.etag:
            headers["If-None-Match"] = stored.etag
        if stored and stored.last_modified:
            headers["If-Modified-Since"] = stored.last_modified
        started = time.monotonic()
        status, size = 0, 0
        try:
            with (
                httpx.Client(timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS), headers=headers) as client,
                client.stream("GET", url) as response,
            ):
                require_public(url, get_peer_addresses(response), self._trusted_host)
                status = response.status_code
                if status == HTTPStatus.NOT_MODIFIED and stored:
                    return Document(stored.body, url, stored.content_type)
                if status in _REDIRECTS and "location" in response.headers:
                    return _Redirect(response.headers["location"], status in _PERMANENT_REDIRECTS)
                if not response.is_success:
                    raise make_status_error(url, status, response.headers.get("retry-after", ""))
                body = _read_body(response, url, self._max_bytes)
                size = len(body)
                return self._to_document(url, response, body)
        except httpx.InvalidURL as error:
            raise SourceError(f"is not a valid URL: {error}", location=url, hint="fix the address") from None
        except httpx.HTTPError as error:
            raise make_request_error(url, error) from None
        finally:
            seconds = time.monotonic() - started
            logger.debug("GET %s: %s, %d bytes, %.2f s", _loggable(url), status or "no response", size, seconds)

    def _to_document(self, url: str, response: httpx.Response, body: bytes) -> Document:
        headers = {name.lower(): value for name, value in response.headers.items()}
        etag, last_modified = headers.get("etag", ""), headers.get("last-modified", "")
        content_type = headers.get("content-type", "")
        if etag or last_modified:
            self.fetched.append(StoredDocument(url, etag, last_modified, content_type, body))
        return Document(body, url, content_type, headers)


@dataclass(frozen=True, slots=True)
class _Redirect:
    location: str
    is_permanent: bool


def fetch_status(url: str) -> int:
    """Return the HTTP status of a link in the email, after redirects. Raises SourceError when there is no response."""
    try:
        HttpFetcher(trusted_host=urlsplit(url).hostname or "").get(url)
    except HttpStatusError as error:
        return error.status
    return HTTPStatus.OK


def _run_within_deadline(request: Callable[[], T], url: str) -> T:
    """Return what `request` returns, within the time a document may take in all; httpx only limits each read.

    If a server sends its response a byte at a time, the thread that listens to it is abandoned.
    """
    results: queue.SimpleQueue[T | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put(request())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that waits for it
            results.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        result = results.get(timeout=CONNECT_SECONDS + 2 * TOTAL_SECONDS)
    except queue.Empty:
        raise SourceError("not complete in time", location=url, hint="try again later") from None
    if isinstance(result, BaseException):
        raise result
    return result


def _read_body(response: httpx.Response, url: str, max_bytes: int) -> bytes:
    """Return the decompressed body, within the limits of size and of time, which httpx only has for each read."""
    deadline = time.monotonic() + TOTAL_SECONDS
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise make_too_large_error(url, max_bytes)
        if time.monotonic() > deadline:
            message = f"not complete after {TOTAL_SECONDS:.0f} s"
            raise SourceError(message, location=url, hint="try again later")
    return bytes(body)


def _backoff(attempt: int) -> float:
    """Return the seconds before the next attempt: three times as long each time, and not the same for every client."""
    return float(_FIRST_PAUSE * 3**attempt * random.uniform(0.8, 1.2))  # noqa: S311 - no secret depends on it


def _join(base: str, target: str, url: str) -> str:
    """Return the absolute URL that a redirect leads to. Raises SourceError, with the first `url` as its location."""
    try:
        joined = urljoin(base, target)
    except ValueError:
        joined = target
    if not joined.lower().startswith(("http://", "https://")):
        message = f"redirects to {joined[:80]}, which is not an http or https URL"
        raise SourceError(message, location=url, hint="fix the address")
    return joined


def _loggable(url: str) -> str:
    """Return a URL without its user name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
