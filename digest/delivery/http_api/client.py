"""Requests to an HTTP API: the response, or whether the request can have arrived without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from digest.core.text import describe_error, one_line

_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol, UnicodeError)
"""What goes wrong before there is a connection; after any other error, the request may have reached the server."""

_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Response:
    """A response; `body` is its JSON, None where it is not JSON. The names of its headers are in lower case."""

    status: int
    body: Any
    text: str
    """Its message, on one line."""
    headers: Mapping[str, str]


class NotConnectedError(Exception):
    """There was no connection, so the request was not sent."""


class NoResponseError(Exception):
    """The request may have arrived, and no response did."""


class ApiClient(Protocol):
    """Makes the requests of one ApiProvider."""

    def request(self, method: str, path: str, **content: Any) -> Response:
        """Return the response, whatever its status.

        Raises:
            NotConnectedError, NoResponseError: there is none.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class HttpClient:
    """An ApiClient with httpx, which keeps its connection from request to request."""

    def __init__(
        self,
        host: str,
        timeout: float,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> None:
        """Prepare requests that each carry `headers`, and `auth` (user name, password) as HTTP basic authentication.

        Raises:
            NotConnectedError: `host` is not a valid URL.
        """
        try:
            self._client = httpx.Client(
                base_url=host, timeout=timeout, headers={"Accept": "application/json", **(headers or {})}, auth=auth
            )
        except httpx.InvalidURL as error:
            raise NotConnectedError(describe_error(error)) from None

    def request(self, method: str, path: str, **content: Any) -> Response:
        """Return the response; `content` is what httpx takes: `content`, `files`, `headers`, ...

        Raises:
            NotConnectedError, NoResponseError: there is none.
        """
        try:
            response = self._client.request(method, path, **content)
        except _NOT_CONNECTED as error:
            raise NotConnectedError(describe_error(error)) from None
        except httpx.HTTPError as error:
            raise NoResponseError(describe_error(error)) from None
        try:
            body = response.json()
        except ValueError:
            body = None
        return Response(response.status_code, body, shorten(_message(body) or response.text), response.headers)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def shorten(text: str) -> str:
    """Return a response's text as one line that fits into a receipt."""
    return one_line(text)[:_LONGEST_TEXT] or "empty response"


def _message(body: Any) -> str:
    found = (body.get("message") or body.get("Message") or body.get("error")) if isinstance(body, dict) else None
    return str(found or "")
