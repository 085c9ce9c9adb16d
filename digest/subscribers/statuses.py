"""What newsletter services say of where a reader stands, and what it means here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from digest.models import SuppressionReason

OPTED_OUT: tuple[SuppressionReason, ...] = get_args(SuppressionReason)
"""Statuses of those who must not be mailed, whoever says so."""

KNOWN = ("active", "pending", *OPTED_OUT)
"""Every status from the one that says least against a mail to the one that says most; only `active` readers get any."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "active": ("", "active", "subscribed", "enabled", "confirmed", "verified", "regular", "opted in", "cold"),
    "pending": (
        "pending",
        "unconfirmed",
        "not confirmed",
        "unactivated",
        "validating",
        "nonsubscribed",
        "non subscribed",
    ),
    "unsubscribed": (
        *("unsubscribed", "inactive", "disabled", "cancelled", "canceled", "opted out", "opt out", "optout", "removed"),
        *("deleted", "archived", "blocked", "blocklisted", "blacklisted", "suppressed", "spammy"),
    ),
    "bounced": (
        *("bounced", "bounce", "hard bounced", "hard bounce", "cleaned", "undeliverable", "unreachable", "invalid"),
    ),
    "complained": ("complained", "complaint", "spam", "spam complaint", "marked as spam", "abuse"),
}
_MEANING = {word: status for status, words in _WORDS.items() for word in words}


def status_of(told: str) -> str | None:
    """The status a word stands for, in any case, with spaces, hyphens or underscores; None for a word nobody knows."""
    return _MEANING.get(re.sub(r"[\s_-]+", " ", told.strip()).casefold())


def worst(*statuses: str) -> str:
    """The status that says most against a mail; an unknown one says more than `active` and less than the others."""
    return max(statuses, key=lambda status: KNOWN.index(status) if status in KNOWN else 0.5)


def suppression_reason(status: str) -> SuppressionReason | None:
    """Why an address of this status must not be mailed, None where it may be."""
    return status if status in OPTED_OUT else None
