"""What a draft is: the edition as its editors have it, what a new one is made from, and an editor's changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from digest import editorial
from digest.models import Article, Window


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who approved an edition, when, and the hash of what they saw. The fields are the keys of the file."""

    by: str
    at: datetime
    sha256: str
    newsroom: str = ""
    """The hash of everything else that readers see and that is not in the draft."""


@dataclass(frozen=True, slots=True)
class SourceWindow:
    """How a source was read when the draft was made: its window, and why it failed (empty if it did not)."""

    source: str
    window: Window
    failed: str


@dataclass(frozen=True)
class Draft:
    """An edition as its editors have it.

    `subject` and `preheader` are templates as in digest.toml; `note` is Markdown. `content_hash` is the hash of
    everything but the approval, `revision` that of the file, byte for byte.
    """

    file: Path
    subject: str
    preheader: str
    note: str
    sections: tuple[str, ...]
    articles: tuple[Article, ...]
    """All stories in order, each with its section; the lead is pinned."""
    hidden_ids: frozenset[str]
    """The identities of the stories that are not shown."""
    window: Window
    source_windows: tuple[SourceWindow, ...]
    copies: tuple[editorial.LeftOut, ...]
    """Other sources' copies of these stories."""
    approval: Approval | None
    content_hash: str
    revision: str

    @property
    def stories(self) -> tuple[Article, ...]:
        """The stories that are shown."""
        return tuple(story for story in self.articles if editorial.identify(story) not in self.hidden_ids)

    @property
    def hidden_stories(self) -> tuple[Article, ...]:
        """The stories that are not shown."""
        return tuple(story for story in self.articles if editorial.identify(story) in self.hidden_ids)

    @property
    def is_approved(self) -> bool:
        """Whether somebody approved the draft and it has not changed since."""
        return self.approval is not None and self.approval.sha256 == self.content_hash

    @property
    def identities(self) -> set[str]:
        """The identities of every story in the draft, hidden or not, and of every copy of one."""
        return set(map(editorial.identify, [*self.articles, *(copy.article for copy in self.copies)]))


@dataclass(frozen=True, slots=True)
class DraftContents:
    """What a new draft is made from; `sections` are names, each with its stories in order."""

    subject: str
    preheader: str
    lead: Article
    sections: Sequence[tuple[str, Sequence[Article]]]
    window: Window
    source_windows: Sequence[SourceWindow]
    copies: Sequence[editorial.LeftOut]


@dataclass(frozen=True, slots=True)
class EditedStory:
    """A story as an editor wants it, named by its identity."""

    identity: str
    headline: str
    excerpt: str
    hide: bool


@dataclass(frozen=True, slots=True)
class EditedSection:
    """A section as an editor wants it; `was` is its name in the file now, empty for a new section."""

    name: str
    stories: tuple[EditedStory, ...]
    was: str = ""


@dataclass(frozen=True, slots=True)
class Edits:
    """The whole draft as an editor wants it; `lead` is a story's identity or empty; sections are in order."""

    subject: str
    preheader: str
    note: str
    lead: str
    sections: tuple[EditedSection, ...]
