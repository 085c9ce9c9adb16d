"""Merge fields: their names, and the tokens that stand for them in a Message."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from digest.models import MergeField

MERGE_FIELDS = ("email", "name", "unsubscribe_url", "preferences_url")
"""The names that `merge_field(...)` in a template accepts."""

Form = Literal["html", "text"]

TOKEN_PATTERN = re.compile(r"xtok[0-9a-f]{10}x")
"""Matches the token of any merge field, filled by this version or not."""


def merge_field_token(name: str, form: Form) -> str:
    """Return a merge field's token: the same on every run, so that a template's output can be compared."""
    return f"xtok{hashlib.sha256(f'{name}/{form}'.encode()).hexdigest()[:10]}x"


def find_merge_fields(*, html: str, text: str) -> tuple[MergeField, ...]:
    """Return the merge fields that occur in a rendered email; headers and subject count as text."""
    parts: dict[Form, str] = {"html": html, "text": text}
    return tuple(
        MergeField(name, token, form)
        for form, part in parts.items()
        for name in MERGE_FIELDS
        # A header holds the unsubscribe link even where a newsroom's own text template does not.
        if (token := merge_field_token(name, form)) in part or (name, form) == ("unsubscribe_url", "text")
    )
