"""The state of an edition at one moment, as the desk shows it."""

from __future__ import annotations

from dataclasses import dataclass

from digest.config import Config
from digest.drafts import Draft
from digest.editions.composition import Composition
from digest.models import Article, Problem
from digest.web.desk.readers import Readers


@dataclass(frozen=True)
class EditionState:
    """The edition, its draft and its readers.

    `config` is the newsroom's own; that of the `composition` has a secret in any case, so that links can be rendered.
    """

    revision: str
    """Identifies this state: it differs whenever anything shown may differ."""
    config: Config
    edition: str
    composition: Composition
    draft: Draft | None
    closed: str
    """Why changes to the draft would reach nobody; empty while they would."""
    new_stories: tuple[Article, ...]
    """Stories that have arrived since the draft was made."""
    notices: tuple[Problem, ...]
    readers: Readers
    error: str = ""
    """Why this is an earlier state, and not what the files contain now; empty if it is current."""
