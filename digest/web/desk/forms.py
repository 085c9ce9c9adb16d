"""The forms that the page posts, and the edits to a draft that they describe."""

from __future__ import annotations

import msgspec

from digest.core.text import clean_line
from digest.drafts import EditedSection, EditedStory, Edits
from digest.errors import DraftError


class EmptyForm(msgspec.Struct):
    """A button without any fields."""


class StoryForm(msgspec.Struct):
    """A story of the draft, by its identity."""

    id: str
    headline: str
    excerpt: str
    hide: bool


class SectionForm(msgspec.Struct):
    """A section. `was` is its name in the draft's file; empty for a new section."""

    name: str
    stories: list[StoryForm]
    was: str = ""


class DraftForm(msgspec.Struct):
    """The whole draft as the editor has it, the version they started from, and whose email they are viewing."""

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
        """Return the edits, with white space tidied.

        Raises:
            DraftError: a story has no headline, a section has no name, or two sections have the same name.
        """
        names = [clean_line(section.name) for section in self.sections]
        if not all(names):
            raise DraftError("a section has no name", hint="enter one")
        if twice := {name for name in names if names.count(name) > 1}:
            raise DraftError(f"two sections are named {', '.join(twice)}", hint="rename one of them")
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
    """The name of the editor who approves, and the version they approve."""

    edition: str
    version: str
    by: str


class TestForm(msgspec.Struct):
    """Where to send a test, and the reader or segment whose email it is."""

    __test__ = False  # pytest would collect it by its name

    edition: str
    to: str
    reader: str = ""
    segment: str = ""


class MakeForm(msgspec.Struct):
    """Create the draft or, with `add`, add the stories that have arrived since."""

    edition: str
    add: bool = False


def _edited(story: StoryForm) -> EditedStory:
    headline = clean_line(story.headline)
    if not headline:
        raise DraftError("a story has no headline", hint="enter one, or hide the story")
    return EditedStory(story.id, headline, clean_line(story.excerpt), story.hide)
