"""Previews of an edition: the email as one reader or segment gets it, with or without unsaved edits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from digest import drafts, subscribers
from digest.drafts import Draft, Edits
from digest.editions.composition import Composition
from digest.editions.from_draft import compose_from_draft
from digest.errors import UsageError
from digest.inspection.preview import ANYONE, Preview, preview_for
from digest.models import Problem, Subscriber
from digest.storage import Database
from digest.web.desk.edition_state import EditionState

_CACHED = 12
"""Previews that are kept: those of a few readers, with and without what an editor is typing."""


class PreviewCache:
    """Renders previews, and keeps the latest. Thread-safe; one is rendered at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._previews: OrderedDict[object, Preview] = OrderedDict()

    def get(self, state: EditionState, reader: str = "", segment: str = "", edits: Edits | None = None) -> Preview:
        """Return what a reader (by address) or the readers of a segment (by its key) get, as if `edits` were saved.

        Raises:
            UsageError: no subscriber has this address.
            TemplateError: a template is broken.
            DraftError: the edits cannot be applied.
        """
        key = (state.revision, reader, segment, edits)
        with self._lock:
            if key not in self._previews:
                self._previews[key] = _render(state, reader, segment, edits)
                while len(self._previews) > _CACHED:
                    self._previews.popitem(last=False)
            return self._previews[key]


def _render(state: EditionState, reader: str, segment: str, edits: Edits | None) -> Preview:
    composition = state.composition
    if edits and state.draft:
        composition = _with_edits(state, state.draft, edits)
    if not reader:
        chosen = state.readers.segment(segment)
        return preview_for(composition, replace(ANYONE, categories=chosen.categories, language=chosen.language))
    subscriber = state.readers.by_email.get(reader)
    if subscriber is None:
        raise UsageError(f"{reader} is not a subscriber")
    return preview_for(composition, subscriber, _why_not_sent(composition, subscriber))


def _with_edits(state: EditionState, draft: Draft, edits: Edits) -> Composition:
    """Compose from the draft's file as it would be if the edits were saved."""
    composition, folder = state.composition, state.config.file.parent
    text = drafts.apply_edits(drafts.read_text(draft.file) or "", edits, draft.file, folder)
    edited = drafts.parse_draft(text, draft.file, folder)
    with Database.read_for(state.config) as database:
        return compose_from_draft(composition.config, database, composition.cadence, composition.now, edited)


def _why_not_sent(composition: Composition, subscriber: Subscriber) -> Sequence[Problem]:
    """Say so if the reader does not get this edition."""
    if subscribers.wants(subscriber, composition.cadence, composition.day):
        return []
    reason = subscriber.status if subscriber.status != "active" else subscriber.cadence
    return [Problem(subscriber.email, f"does not get this edition: {reason}")]
