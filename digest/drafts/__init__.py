"""Drafts of editions as TOML files that people edit: `read` strictly, written with care for what they wrote."""

from digest.drafts.reading import parsed, read, text_of, version_of
from digest.drafts.values import Approval, Contents, Draft, Edited, EditedSection, Edits, Reading
from digest.drafts.writing import edits_of, with_approval, with_edits, with_stories, written

__all__ = [
    "Approval",
    "Contents",
    "Draft",
    "Edited",
    "EditedSection",
    "Edits",
    "Reading",
    "edits_of",
    "parsed",
    "read",
    "text_of",
    "version_of",
    "with_approval",
    "with_edits",
    "with_stories",
    "written",
]
