"""The status words of newsletter services, and what they mean here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from digest.models import SuppressionReason

OPTED_OUT: tuple[SuppressionReason, ...] = get_args(SuppressionReason)
"""Statuses that forbid mail, no matter who sets them."""

KNOWN = ("active", "pending", *OPTED_OUT)
"""Every status, from the least to the most restrictive; only `active` readers get mail."""

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


def parse_status(word: str) -> str | None:
    """Return the status that a word in any case, with spaces, hyphens or underscores, stands for; None if unknown."""
    return _MEANING.get(re.sub(r"[\s_-]+", " ", word.strip()).casefold())


def most_restrictive(*statuses: str) -> str:
    """Return the most restrictive of some statuses; an unknown one counts as more restrictive than `active` only."""
    return max(statuses, key=lambda status: KNOWN.index(status) if status in KNOWN else 0.5)


def suppression_reason(status: str) -> SuppressionReason | None:
    """Return the status as the reason of a Suppression, None if the address may be mailed."""
    return status if status in OPTED_OUT else None
