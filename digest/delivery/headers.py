"""The headers that make a mail a newsletter: its sender, its list, and how to unsubscribe."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.utils import format_datetime, parseaddr
from urllib.parse import quote, urlsplit

from digest.delivery.addresses import ascii_address, ascii_domain
from digest.errors import ConfigError
from digest.models import Publication


def message_headers(
    *,
    sender: str,
    reply_to: str,
    publication: Publication,
    cadence: str,
    date: datetime,
    unsubscribe_mailto: str,
    unsubscribe_https: str,
) -> tuple[tuple[str, str], ...]:
    """Return the headers that all mails of an edition share.

    Args:
        sender: `Name <address>`.
        reply_to: Likewise, or empty.
        publication: Its name and site make the List-Id (RFC 2919).
        cadence: Part of the List-Id, so that readers can filter the daily and the weekly separately.
        date: When the edition was composed; a resumed send keeps it.
        unsubscribe_mailto: An address, or empty.
        unsubscribe_https: The token of the merge field for each reader's link, or empty.

    Raises:
        ConfigError: `sender` or `reply_to` is not an address that every server accepts.
    """
    for setting, mailbox in (("from", sender), ("reply_to", reply_to)):
        _check_mailbox(setting, mailbox)
    unsubscribe = [f"<{unsubscribe_https}>"] if unsubscribe_https else []
    if unsubscribe_mailto:
        local, _, domain = unsubscribe_mailto.rpartition("@")
        unsubscribe.append(f"<mailto:{quote(local)}@{ascii_domain(domain)}?subject=unsubscribe>")  # RFC 6068
    headers = [
        ("From", sender),
        ("Reply-To", reply_to),
        ("Date", format_datetime(date)),
        ("List-Id", f"<{cadence}.digest.{_list_host(publication, sender)}>"),
        ("List-Unsubscribe", ", ".join(unsubscribe)),  # RFC 2369
        # One click, without a page that asks for confirmation: RFC 8058, which Gmail and Yahoo require of bulk senders.
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click" if unsubscribe_https else ""),
        ("List-Post", "NO"),  # readers cannot write to this list: RFC 2369 3.4
        ("Auto-Submitted", "auto-generated"),  # RFC 3834: no out-of-office replies
    ]
    return tuple((name, value) for name, value in headers if value)


def message_id(edition: str, email: str, domain: str) -> str:
    """Return the Message-ID, without brackets, of an edition for a recipient: always the same, so duplicates show."""
    digest = hashlib.sha256(f"{edition}\n{email.casefold()}".encode()).hexdigest()
    return f"{digest[:32]}@{domain}"


def sender_domain(sender: str) -> str:
    """Return the domain of a sender, `Name <address>`, in its ASCII form; `localhost` if there is none."""
    return ascii_domain(parseaddr(sender)[1].rpartition("@")[2] or "localhost")


def _check_mailbox(setting: str, mailbox: str) -> None:
    try:
        ascii_address(parseaddr(mailbox)[1])
    except ValueError as error:
        raise ConfigError(
            f"{mailbox} cannot be used: {error}", location=f"[delivery] {setting}", hint="use another address"
        ) from None


def _list_host(publication: Publication, sender: str) -> str:
    host = urlsplit(publication.url).hostname
    return re.sub(r"^www\.", "", ascii_domain(host)) if host else sender_domain(sender)
