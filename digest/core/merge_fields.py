"""The places in a Message that differ by recipient, and the tokens that stand there meanwhile."""

from __future__ import annotations

import hashlib
from typing import Literal

from digest.models import MergeField

MERGE_FIELDS = ("email", "name", "unsubscribe_url", "preferences_url")
"""What `slot(...)` in a template may ask for."""

Form = Literal["html", "text"]


def merge_field_token(name: str, form: Form) -> str:
    """The token of a slot: the same on every run, so that a template's output can be compared."""
    return f"xtok{hashlib.sha256(f'{name}/{form}'.encode()).hexdigest()[:10]}x"


def merge_fields_in(*, html: str, text: str) -> tuple[MergeField, ...]:
    """The slots that occur in what was rendered; headers and subject count as text."""
    parts: dict[Form, str] = {"html": html, "text": text}
    return tuple(
        MergeField(name, token, form)
        for form, part in parts.items()
        for name in MERGE_FIELDS
        # A header holds the unsubscribe link even where a newsroom's own text template does not.
        if (token := merge_field_token(name, form)) in part or (name, form) == ("unsubscribe_url", "text")
    )
