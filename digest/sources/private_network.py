"""Keeps sources out of private networks: no feed or redirect may make digest call the newsroom's own machines."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from digest.errors import SourceError

if TYPE_CHECKING:
    import httpx


def require_public(url: str, addresses: Sequence[str], trusted_host: str) -> None:
    """Raise SourceError if one of a URL's IP addresses is private, unless its host is the trusted one."""
    if parse_host(url) == trusted_host:
        return
    for address in addresses:
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            message = f"leads into a private network ({address})"
            hint = "if this is intended, name this host in the source's `url`"
            raise SourceError(message, location=url, hint=hint)


def parse_host(url: str) -> str:
    """Return the host of a URL, in lower case. Raises SourceError if the URL is not valid."""
    try:
        return (urlsplit(url).hostname or "").casefold()
    except ValueError:
        raise SourceError("is not a valid URL", location=url, hint="fix the address") from None


def resolve(url: str) -> list[str]:
    """Return the IP addresses of a URL's host; empty if there are none, which the request will report better."""
    try:
        parts = urlsplit(url)
        found = socket.getaddrinfo(parts.hostname or "", parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


def get_peer_addresses(response: httpx.Response) -> list[str]:
    """Return the IP address that sent a response: a name may resolve to another address the second time."""
    if getproxies():
        return []  # the peer is then the proxy, which the newsroom itself chose
    stream = response.extensions.get("network_stream")
    address = stream.get_extra_info("server_addr") if stream else None
    return [str(address[0])] if address else []
