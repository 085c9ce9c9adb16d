"""What a draft is: an edition as its editors have it, what a new one is made of, and what an editor wants changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from digest import editorial
from digest.models import Article, Window


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who said that an edition may go out, when, and the hash of what they saw."""

    by: str
    at: datetime
    sha256: str
    newsroom: str = ""
    """The hash of what else readers see that is not in the draft."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source was read when the draft was made: its window, and why it failed, empty if it did not."""

    source: str
    window: Window
    failed: str


@dataclass(frozen=True)
class Draft:
    """An edition as its editors have it.

    `subject` and `preheader` are templates as in digest.toml, `note` is Markdown. `content` is the hash of all of it
    but the approval, `version` that of the file to the byte.
    """

    file: Path
    subject: str
    preheader: str
    note: str
    sections: tuple[str, ...]
    articles: tuple[Article, ...]
    """All of them in order, each with its section, the lead pinned."""
    hides: frozenset[str]
    """Those that are not to be shown, by identity."""
    window: Window
    readings: tuple[Reading, ...]
    copies: tuple[editorial.LeftOut, ...]
    approval: Approval | None
    content: str
    version: str

    @property
    def stories(self) -> tuple[Article, ...]:
        """Those that are to be shown."""
        return tuple(story for story in self.articles if editorial.identify(story) not in self.hides)

    @property
    def hidden(self) -> tuple[Article, ...]:
        """Those that are not."""
        return tuple(story for story in self.articles if editorial.identify(story) in self.hides)

    @property
    def approved(self) -> bool:
        """Whether somebody approved it, and it is as it was then."""
        return self.approval is not None and self.approval.sha256 == self.content

    @property
    def identities(self) -> set[str]:
        """Every story that is in it, hidden or not, and every copy of one."""
        return set(map(editorial.identify, [*self.articles, *(copy.article for copy in self.copies)]))


@dataclass(frozen=True, slots=True)
class Contents:
    """What a new draft is made of; `sections` have their stories in order."""

    subject: str
    preheader: str
    lead: Article
    sections: Sequence[tuple[str, Sequence[Article]]]
    window: Window
    readings: Sequence[Reading]
    copies: Sequence[editorial.LeftOut]


@dataclass(frozen=True, slots=True)
class Edited:
    """A story as an editor wants it, by its identity."""

    identity: str
    headline: str
    excerpt: str
    hide: bool


@dataclass(frozen=True, slots=True)
class EditedSection:
    """A section as an editor wants it, and what it is called now: empty for one that is new."""

    name: str
    stories: tuple[Edited, ...]
    was: str = ""


@dataclass(frozen=True, slots=True)
class Edits:
    """All that an editor wants of a draft; `lead` is a story's identity, empty for none; sections are in order."""

    subject: str
    preheader: str
    note: str
    lead: str
    sections: tuple[EditedSection, ...]
