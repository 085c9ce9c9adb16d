"""Language tags and time zones as people write them."""

from __future__ import annotations

import re
import zoneinfo


def is_language_tag(value: str) -> bool:
    """Return whether a value looks like a language tag (RFC 5646): `en`, `pt-BR`, `zh_Hans`."""
    return re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", value) is not None


def is_timezone(value: str) -> bool:
    """Return whether a value is the name of a time zone in the IANA database."""
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
