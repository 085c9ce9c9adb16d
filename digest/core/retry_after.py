"""How long an API's answer asks to be left alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_DURATION = 1_000_000_000
"""A reset below this is a number of seconds, above it a moment (seconds since 1970): providers write either."""


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait, 0 when the answer does not say.

    `Retry-After` in seconds or as a date (RFC 9110 10.2.3), else `X-RateLimit-Reset` or `RateLimit-Reset`.
    """
    told = {name.lower(): value.strip() for name, value in headers.items()}
    now = time.time()
    if value := told.get("retry-after", ""):
        try:
            return max(0.0, float(value) if value.isdigit() else parsedate_to_datetime(value).timestamp() - now)
        except ValueError:
            return 0.0
    value = told.get("x-ratelimit-reset") or told.get("ratelimit-reset") or ""
    if not value.isdigit():
        return 0.0
    seconds = float(value)
    return max(0.0, seconds - now) if seconds > _DURATION else seconds
