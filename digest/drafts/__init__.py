"""Drafts: an edition as a TOML file that editors change. Read strictly; edited without touching what people wrote.

    model.py    what a draft is, and what an editor may change in it
    file.py     the file: reading, locking, backing up and replacing it
    parse.py    TOML text -> Draft; every error names its line
    render.py   the TOML text of a new draft
    edit.py     changes to the text of an existing draft
    blocks.py   the text as movable blocks

May import `subscribers` and the packages below it; uses `editorial` and `core`.
"""

from digest.drafts.edit import add_approval, add_stories, apply_edits, to_edits
from digest.drafts.file import compute_revision, read_text
from digest.drafts.model import Approval, Draft, DraftContents, EditedSection, EditedStory, Edits, SourceWindow
from digest.drafts.parse import parse_draft, read_draft
from digest.drafts.render import render_draft

__all__ = [
    "Approval",
    "Draft",
    "DraftContents",
    "EditedSection",
    "EditedStory",
    "Edits",
    "SourceWindow",
    "add_approval",
    "add_stories",
    "apply_edits",
    "compute_revision",
    "parse_draft",
    "read_draft",
    "read_text",
    "render_draft",
    "to_edits",
]
