"""Drafts of editions as TOML files that people edit: `read` strictly, written with care for what they wrote."""

from digest.drafts.reading import parsed, read, version_of
from digest.drafts.values import Approval, Contents, Draft, Edited, Edits, Reading
from digest.drafts.writing import with_approval, with_edits, with_stories, written

__all__ = [
    "Approval",
    "Contents",
    "Draft",
    "Edited",
    "Edits",
    "Reading",
    "parsed",
    "read",
    "version_of",
    "with_approval",
    "with_edits",
    "with_stories",
    "written",
]
