"""What the desk's page sends: each form as it must be, and what it wants of the draft."""

from __future__ import annotations

import msgspec

from digest.core.text import clean_line
from digest.drafts import EditedSection, EditedStory, Edits
from digest.errors import DraftError


class NoForm(msgspec.Struct):
    """A button that says nothing but that it was pressed."""


class StoryForm(msgspec.Struct):
    """A story of the draft, by its identity."""

    id: str
    headline: str
    excerpt: str
    hide: bool


class SectionForm(msgspec.Struct):
    """A section, and what the file calls it now: nothing if it is new."""

    name: str
    stories: list[StoryForm]
    was: str = ""


class DraftForm(msgspec.Struct):
    """The whole draft as the editor has it, the version they began with, and whose email they look at."""

    edition: str
    version: str
    subject: str
    preheader: str
    note: str
    lead: str
    sections: list[SectionForm]
    reader: str = ""
    segment: str = ""

    def edits(self) -> Edits:
        """What it wants of the draft. Raises DraftError for a story without a headline, or a section without a name."""
        names = [clean_line(section.name) for section in self.sections]
        if not all(names):
            raise DraftError("a section has no name", hint="give it one")
        if twice := {name for name in names if names.count(name) > 1}:
            raise DraftError(f"two sections are called {', '.join(twice)}", hint="give one of them another name")
        return Edits(
            subject=clean_line(self.subject),
            preheader=clean_line(self.preheader),
            note=self.note.replace("\r\n", "\n").strip(),
            lead=self.lead,
            sections=tuple(
                EditedSection(clean_line(section.name), tuple(map(_edited, section.stories)), section.was)
                for section in self.sections
            ),
        )


class ApproveForm(msgspec.Struct):
    """Who approves which version."""

    edition: str
    version: str
    by: str


class TestForm(msgspec.Struct):
    """Whom to send a test, as which reader or segment gets it."""

    __test__ = False  # pytest takes the name for its own

    edition: str
    to: str
    reader: str = ""
    segment: str = ""


class MakeForm(msgspec.Struct):
    """Make the draft, or add to it what has come since."""

    edition: str
    add: bool = False


def _edited(story: StoryForm) -> EditedStory:
    headline = clean_line(story.headline)
    if not headline:
        raise DraftError("a story has no headline", hint="write one, or hide the story")
    return EditedStory(story.id, headline, clean_line(story.excerpt), story.hide)
