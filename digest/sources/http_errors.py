"""What a failed request means: the SourceError for it, and whether trying again can help."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from digest.core.retry_after import parse_retry_after
from digest.core.text import describe_error
from digest.errors import SourceError

if TYPE_CHECKING:
    import httpx

_HINTS: dict[int, str] = {
    401: "the site requires a login, which digest does not have: ask for a public feed",
    403: "the site blocks programs: ask its webmaster to allow digest's User-Agent",
    404: "look for the right address on the site",
    410: "it was taken down: look for its new address, or remove the source",
    429: "the site asks for fewer requests: run digest less often",
}
_TRANSIENT = (429, 500, 502, 503, 504)


class HttpStatusError(SourceError):
    """The server responded with an error status, such as 404."""

    def __init__(self, status: int, *, location: str, hint: str) -> None:
        """`location` is the URL."""
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "(not a standard status)"
        super().__init__(f"the server responded {status} {phrase}", location=location, hint=hint)
        self.status = status


class RetryableError(Exception):
    """A failure that may be temporary; `wait` is the number of seconds the server asked for, None if it did not."""

    def __init__(self, failure: SourceError, wait: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait = wait


def make_status_error(url: str, status: int, retry_after: str) -> HttpStatusError | RetryableError:
    """Return the error for a response with an error status; `retry_after` is its Retry-After header or empty."""
    is_server_error = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    hint = _HINTS.get(status, "try again later" if is_server_error else "open the address in a browser")
    failure = HttpStatusError(status, location=url, hint=hint)
    if status not in _TRANSIENT:
        return failure
    wait = parse_retry_after(retry_after)
    if wait is None and status == HTTPStatus.TOO_MANY_REQUESTS:
        return failure
    return RetryableError(failure, wait)


def make_request_error(url: str, error: httpx.HTTPError) -> SourceError | RetryableError:
    """Return the error for a request that got no usable response."""
    import httpx

    if isinstance(error, httpx.UnsupportedProtocol):
        return SourceError("is not an http or https URL", location=url, hint="fix the address")
    if isinstance(error, httpx.DecodingError):
        return SourceError("the response's compression is broken", location=url, hint="try again later")
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return SourceError("no response in time", location=url, hint="try again later")
    message = f"cannot be reached: {describe_error(error)}"
    return RetryableError(SourceError(message, location=url, hint="check the address and the network"))


def make_too_large_error(location: str, limit: int) -> SourceError:
    """Return the error for a document of more than `limit` bytes."""
    return SourceError(f"larger than {limit // 1_000_000} MB", location=location, hint="use one with fewer entries")
