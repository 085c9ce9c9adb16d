"""How long an HTTP response asks its client to wait before the next request."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_LONGEST_DURATION = 1_000_000_000
"""Providers write a reset either as seconds from now (below this) or as seconds since 1970 (above it)."""


def read_retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds to wait, 0 when the response does not say.

    Reads `Retry-After` (RFC 9110 10.2.3), else `X-RateLimit-Reset` or `RateLimit-Reset`.
    """
    values = {name.lower(): value.strip() for name, value in headers.items()}
    if value := values.get("retry-after"):
        return parse_retry_after(value) or 0.0
    value = values.get("x-ratelimit-reset") or values.get("ratelimit-reset") or ""
    if not value.isdecimal():
        return 0.0
    seconds = float(value)
    return max(0.0, seconds - time.time()) if seconds > _LONGEST_DURATION else seconds


def parse_retry_after(value: str) -> float | None:
    """Return the seconds from now that a `Retry-After` asks for, as a number or a date; None if it is neither."""
    value = value.strip()
    try:
        return float(value) if value.isdecimal() else max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
