"""Remembers the edits that editors have not saved yet, so that pages and frames can preview them."""

from __future__ import annotations

from hashlib import sha256
from threading import Lock

from digest.drafts import Edits

_KEPT = 8
"""The most edits that are kept: for each page, those it shows and those it is about to show."""


class UnsavedEdits:
    """The latest unsaved edits, by id. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._edits: dict[str, tuple[str, Edits]] = {}

    def add(self, edition: str, edits: Edits) -> str:
        """Keep the edits of an edition's draft, and return their id."""
        edits_id = sha256(repr(edits).encode("utf-8", "replace")).hexdigest()[:16]
        with self._lock:
            self._edits[edits_id] = (edition, edits)
            while len(self._edits) > _KEPT:
                del self._edits[next(iter(self._edits))]
        return edits_id

    def get(self, edits_id: str, edition: str) -> Edits | None:
        """Return the edits with an id, or None if they are not kept any more or belong to another edition."""
        of_edition, edits = self._edits.get(edits_id, ("", None))
        return edits if of_edition == edition else None
