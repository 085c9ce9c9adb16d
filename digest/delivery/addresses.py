"""Addresses and links in ASCII, as the headers and commands of mail require them."""

from __future__ import annotations

import re
from urllib.parse import quote

import idna

_ASCII_LINK = re.compile(r"[A-Za-z0-9_.~:/?#\[\]@!$&'()*+,;=%-]*")
"""A link that needs no encoding."""

_RESERVED = ":/?#[]@!$&'()*+,;=%~"  # RFC 3986 2.2, and the sign of what is encoded already


def ascii_domain(domain: str) -> str:
    """Return a domain in ASCII, by IDNA 2008: Python's own codec would turn straße into strasse, another domain.

    Raises:
        ValueError: it is not a valid domain.
    """
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"{domain} is not a valid domain: {error}") from None


def ascii_address(email: str) -> str:
    """Return an address as SMTP without extensions accepts it: with its domain in ASCII (RFC 5891).

    Raises:
        ValueError: the local part is not ASCII, or the domain is not valid.
    """
    local, _, domain = email.rpartition("@")
    if not local.isascii():
        raise ValueError("the part before the @ is not ASCII, which needs a server with SMTPUTF8")
    return f"{local}@{ascii_domain(domain)}"


def needs_utf8(email: str) -> bool:
    """Return whether the part before the @ is not ASCII, which only SMTPUTF8 can carry (RFC 6531)."""
    return not email.rpartition("@")[0].isascii()


def ascii_link(url: str) -> str:
    """Return a URL in ASCII: the host by IDNA, the rest percent-encoded where necessary (RFC 3987 3.1).

    Raises:
        ValueError: the host is not a valid domain.
    """
    if _ASCII_LINK.fullmatch(url):
        return url
    if not url.isascii():
        url = re.sub(r"(?<=://)([^/?#:@]*)", lambda host: ascii_domain(host[1]), url, count=1)
    return quote(url, safe=_RESERVED)
