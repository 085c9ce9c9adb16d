"""Admits only the editor on this machine: the right host name, no other site's request, and the token."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp

_FORBIDDEN, _MISDIRECTED = 403, 421

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; frame-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class AccessControl(BaseHTTPMiddleware):
    """Refuses requests without the token, under another host name, or from another site's page.

    `hosts` are the names the desk has, with its port (`127.0.0.1:8642`). The token arrives once in the URL, and is a
    cookie from then on.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Sequence[str]) -> None:
        super().__init__(app)
        self._token = token
        self._hosts = hosts
        self._origins = {f"http://{host}" for host in hosts}
        # Cookies do not distinguish ports: two desks in one browser need cookies of different names.
        self._cookie = f"digest_desk_{hosts[0].rpartition(':')[2]}"

    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Pass the request on if it is allowed, and add security headers to the response."""
        # Another name may have been made to point here (DNS rebinding), and another site's page may send requests.
        if request.headers.get("host") not in self._hosts:
            return PlainTextResponse("this is not the desk's address", _MISDIRECTED)
        if request.headers.get("origin") not in {None, *self._origins}:
            return PlainTextResponse("request from another site refused", _FORBIDDEN)
        if request.url.path == "/" and "token" in request.query_params:
            return self._sign_in(request.query_params["token"])
        if not self._is_token(request.cookies.get(self._cookie, "")):
            return PlainTextResponse("open the address that `digest preview --serve` prints", _FORBIDDEN)
        response = await call_next(request)
        response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    def _sign_in(self, token: str) -> Response:
        """Turn the token of the URL into a cookie, so that the address can be seen and shared without it."""
        if not self._is_token(token):
            return PlainTextResponse("wrong token: `digest preview --serve` prints the right address", _FORBIDDEN)
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
        return response

    def _is_token(self, value: str) -> bool:
        return secrets.compare_digest(value.encode(), self._token.encode())
