"""The web as sources read it: politely, within limits of time and size, and never into private networks."""

from __future__ import annotations

import ipaddress
import queue
import random
import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies

from digest import __version__
from digest.core.retry_after import parse_retry_after
from digest.core.text import describe_error
from digest.errors import SourceError
from digest.models import Problem, StoredDocument

T = TypeVar("T")

MAX_BYTES = 10_000_000
"""The largest document read, after decompression. The largest feed seen in use is below 5 MB."""

CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 30.0
MAX_REDIRECTS = 5
ATTEMPTS = 3
LONGEST_WAIT = 10.0
"""Seconds a `Retry-After` may ask for and still be waited for; after that the source has failed for this run."""

_FIRST_PAUSE = 0.5

_NEXT_STEPS: dict[int, str] = {
    401: "the site wants a login that digest does not have: ask for a public feed",
    403: "the site refuses programs: ask its webmaster to let digest's User-Agent in",
    404: "look the address up on the site",
    410: "it was taken down: look up its new address or remove the source",
    429: "the site asks for fewer requests: run digest less often",
}
_PERMANENT = (301, 308)
_REDIRECTS = (301, 302, 303, 307, 308)
_WORTH_ANOTHER_TRY = (429, 500, 502, 503, 504)

_hosts: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
"""One connection a host at a time, whatever sources share it."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was fetched: its bytes, where they came from in the end (empty for a file), and its media type if told.

    `headers` have lower-case names.
    """

    body: bytes
    url: str = ""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class HttpFetcher:
    """Fetches for one source in one run.

    `problems` and `fetched` fill as it goes: permanent redirects, and documents to keep for conditional GETs.
    """

    def __init__(
        self,
        contact: str = "",
        *,
        stored: Callable[[str], StoredDocument | None] = lambda _url: None,
        trusted_host: str = "",
        largest: int = MAX_BYTES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make the web of one source.

        Args:
            contact: The publication's site, named in the User-Agent so that a webmaster sees who asks.
            stored: The document as last fetched, by URL.
            trusted_host: The host that the configuration names itself: it may be a private or loopback address.
            largest: Bytes that a document may have, after decompression.
            sleep: How to wait, in seconds.
        """
        self.problems: list[Problem] = []
        self.fetched: list[StoredDocument] = []
        self._agent = f"news-digest/{__version__}" + (f" (+{contact})" if contact else "")
        self._stored = stored
        self._trusted_host = trusted_host.casefold()
        self._largest = largest
        self._sleep = sleep

    def get(self, url: str, accept: str = "*/*") -> Document:
        """Fetch a document: redirects followed, tried again on a bad connection and on 5xx, asked for only if changed.

        Raises:
            SourceError: it cannot be reached, is not allowed, answers with an error, takes too long, or is too big.
        """
        with _hosts[_host(url)]:
            for attempt in range(ATTEMPTS):
                try:
                    return self._follow(url, accept)
                except _TryAgainError as error:
                    pause = error.wait if error.wait is not None else _pause(attempt)
                    if attempt == ATTEMPTS - 1 or pause > LONGEST_WAIT:
                        raise error.failure from None
                    self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def status(self, url: str) -> int:
        """The status a document is answered with, redirects followed. Raises SourceError when there is no answer."""
        try:
            self.get(url)
        except SourceError as error:
            told = re.match(r"the server answers (\d{3})", error.message)
            if told:
                return int(told[1])
            raise
        return HTTPStatus.OK

    def _follow(self, url: str, accept: str) -> Document:
        here = url
        moved = ""
        for _ in range(MAX_REDIRECTS + 1):
            self._refuse_private(here, _addresses(here))
            answer = _in_time(partial(self._ask, here, accept), here)
            if isinstance(answer, Document):
                if moved:
                    self.problems.append(Problem(url, f"has moved for good to {moved}", "put that into digest.toml"))
                return answer
            there = urljoin(here, answer.location)
            if urlsplit(there).scheme not in ("http", "https"):
                raise SourceError(f"leads to {there[:80]}, which is not http", location=url, hint="mend its address")
            # Only as far as every step is for good is the new address one to keep.
            moved = there if answer.permanent and moved == (here if here != url else "") else moved
            here = there
        raise SourceError(f"more than {MAX_REDIRECTS} redirects", location=url, hint="look where it leads in a browser")

    def _ask(self, url: str, accept: str) -> Document | _Redirect:
        import httpx  # a tenth of a second, for a newsroom whose sources are all files

        stored = self._stored(url)
        headers = {"User-Agent": self._agent, "Accept": accept}
        if stored and stored.etag:
            headers["If-None-Match"] = stored.etag
        if stored and stored.last_modified:
            headers["If-Modified-Since"] = stored.last_modified
        try:
            with (
                httpx.Client(timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS), headers=headers) as client,
                client.stream("GET", url) as response,
            ):
                self._refuse_private(url, _peer(response))
                status = response.status_code
                if status == HTTPStatus.NOT_MODIFIED and stored:
                    return Document(stored.body, url, stored.content_type)
                if status in _REDIRECTS and "location" in response.headers:
                    return _Redirect(response.headers["location"], status in _PERMANENT)
                if not response.is_success:
                    raise _refusal(url, status, response.headers.get("retry-after", ""))
                return self._keep(url, response, _read_capped(response, url, self._largest))
        except httpx.InvalidURL as error:
            raise SourceError(f"is no address to fetch: {error}", location=url, hint="mend its address") from None
        except httpx.HTTPError as error:
            raise _unreachable(url, error) from None

    def _keep(self, url: str, response: Any, body: bytes) -> Document:
        told = {name.lower(): value for name, value in response.headers.items()}
        etag, modified = told.get("etag", ""), told.get("last-modified", "")
        content_type = told.get("content-type", "")
        if etag or modified:
            self.fetched.append(StoredDocument(url, etag, modified, content_type, body))
        return Document(body, url, content_type, told)

    def _refuse_private(self, url: str, addresses: list[str]) -> None:
        """What a feed or a redirect names must not make this machine talk to its own network."""
        host = _host(url)
        if host == self._trusted_host:
            return
        for address in addresses:
            if not ipaddress.ip_address(address.partition("%")[0]).is_global:
                raise SourceError(
                    f"leads into a private network ({address})",
                    location=url,
                    hint="if that is meant, name this host in the source's `url`",
                )


@dataclass(frozen=True, slots=True)
class _Redirect:
    location: str
    permanent: bool


class _TryAgainError(Exception):
    """A failure that may pass; `wait` in seconds if the server said so."""

    def __init__(self, failure: SourceError, wait: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait = wait


def _in_time(ask: Callable[[], T], url: str) -> T:
    """What `ask` gives, within the time a document may take in all; httpx has a limit for each read only.

    A server that drips its answer a byte at a time is left talking to a thread that nobody waits for.
    """
    answers: queue.SimpleQueue[T | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(ask())
        except BaseException as error:  # noqa: BLE001 - it is raised again below, where it belongs
            answers.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        answer = answers.get(timeout=CONNECT_SECONDS + 2 * TOTAL_SECONDS)
    except queue.Empty:
        raise SourceError("not done in time", location=url, hint="try again later") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _pause(attempt: int) -> float:
    """Seconds before another attempt: three times as long each time, and not for everyone at the same instant."""
    return float(_FIRST_PAUSE * 3**attempt * random.uniform(0.8, 1.2))  # noqa: S311 - no secret depends on it


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").casefold()
    except ValueError:
        raise SourceError("is no address to fetch", location=url, hint="mend its address") from None


def _addresses(url: str) -> list[str]:
    """What a URL's host resolves to; nothing if it does not, which the request will say better."""
    try:
        parts = urlsplit(url)
        found = socket.getaddrinfo(parts.hostname or "", parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


def _peer(response: Any) -> list[str]:
    """Whom we are really connected to: a name may resolve to another address the second time."""
    if getproxies():
        return []  # it is the proxy then, which the newsroom chose itself
    stream = response.extensions.get("network_stream")
    address = stream.get_extra_info("server_addr") if stream else None
    return [str(address[0])] if address else []


def _read_capped(response: Any, url: str, largest: int) -> bytes:
    """The decompressed body; stops at the cap and at the deadline, which httpx counts for each read only."""
    deadline = time.monotonic() + TOTAL_SECONDS
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > largest:
            raise too_large(url, largest)
        if time.monotonic() > deadline:
            raise SourceError(f"not done after {TOTAL_SECONDS:.0f} s", location=url, hint="try again later")
    return bytes(body)


def too_large(where: str, largest: int = MAX_BYTES) -> SourceError:
    """The error for a document past so many bytes."""
    return SourceError(f"larger than {largest // 1_000_000} MB", location=where, hint="use one with fewer entries")


def _refusal(url: str, status: int, retry_after: str) -> Exception:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "which is no standard status"
    server_error = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    hint = _NEXT_STEPS.get(status, "try again later" if server_error else "look at the address in a browser")
    failure = SourceError(f"the server answers {status}, {phrase}", location=url, hint=hint)
    if status not in _WORTH_ANOTHER_TRY:
        return failure
    wait = parse_retry_after(retry_after)
    if wait is None and status == HTTPStatus.TOO_MANY_REQUESTS:
        return failure
    return _TryAgainError(failure, wait)


def _unreachable(url: str, error: Any) -> Exception:
    import httpx

    if isinstance(error, httpx.UnsupportedProtocol):
        return SourceError("is not http", location=url, hint="mend its address")
    if isinstance(error, httpx.DecodingError):
        return SourceError("the answer's compression is broken", location=url, hint="try again later")
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return SourceError("no answer in time", location=url, hint="try again later")
    failure = SourceError(
        f"cannot be reached: {describe_error(error)}", location=url, hint="check the address and the network"
    )
    return _TryAgainError(failure)
