"""Addresses and links as mail's headers and commands take them: in ASCII."""

from __future__ import annotations

import re
from urllib.parse import quote

import idna

_ASCII_LINK = re.compile(r"[A-Za-z0-9_.~:/?#\[\]@!$&'()*+,;=%-]*")
"""A link that may stand as it is."""

_RESERVED = ":/?#[]@!$&'()*+,;=%~"  # RFC 3986 2.2, with the sign of what is encoded already


def ascii_domain(domain: str) -> str:
    """A domain in its ASCII form, by IDNA 2008: Python's own codec would turn straße into strasse, another domain.

    Raises:
        ValueError: it is no domain.
    """
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"{domain} is no domain: {error}") from None


def ascii_address(email: str) -> str:
    """An address as SMTP without extensions takes it: the domain in its ASCII form (RFC 5891).

    Raises:
        ValueError: the local part is not ASCII, or the domain is none.
    """
    local, _, domain = email.rpartition("@")
    if not local.isascii():
        raise ValueError("the part before the @ is not ASCII, which needs a server with SMTPUTF8")
    return f"{local}@{ascii_domain(domain)}"


def needs_utf8(email: str) -> bool:
    """Whether the part before the @ is beyond ASCII, which only SMTPUTF8 can carry (RFC 6531)."""
    return not email.rpartition("@")[0].isascii()


def ascii_link(url: str) -> str:
    """A URL in ASCII: the host by IDNA, the rest percent-encoded where it must be (RFC 3987 3.1).

    Raises:
        ValueError: the host is no domain.
    """
    if _ASCII_LINK.fullmatch(url):
        return url
    if not url.isascii():
        url = re.sub(r"(?<=://)([^/?#:@]*)", lambda host: ascii_domain(host[1]), url, count=1)
    return quote(url, safe=_RESERVED)
