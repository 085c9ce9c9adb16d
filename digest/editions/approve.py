"""Approve a draft: an edition that needs approval is sent exactly as somebody approved it."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from digest import drafts
from digest.config import Config
from digest.drafts import Approval, Draft
from digest.drafts.file import lock_drafts, read_existing_text, require_revision, write_draft
from digest.editions.composition import Composition
from digest.editions.from_draft import require_editable
from digest.editions.naming import draft_path, edition_id
from digest.errors import DraftError
from digest.models import Cadence, Problem
from digest.storage import Database

logger = logging.getLogger(__name__)


def require_approval(composition: Composition) -> None:
    """Refuse an edition that needs approval and has none.

    Raises:
        DraftError: there is no draft, nobody has approved it, or it has changed since.
    """
    if problem := check_approval(composition):
        raise DraftError(problem.message, location=problem.location, hint=problem.hint)


def check_approval(composition: Composition) -> Problem | None:
    """Return why a send would refuse the edition: it needs approval and has none. None if a send would accept it."""
    config, cadence, draft = composition.config, composition.cadence, composition.draft
    if config.schedules[cadence].approval != "required":
        return None
    options = composition.command_options
    approve_it = f"read it with `digest preview {options}`, then approve it with `digest approve {options}`"
    location = str(draft_path(config, composition.id))
    if draft is None:
        return Problem(location, "no draft to approve", f"create it with `digest draft {options}`; {approve_it}")
    if draft.approval is None:
        return Problem(location, "nobody has approved it", approve_it)
    since = f"since {draft.approval.by} approved it at {format_moment(config, draft.approval.at)}"
    if not draft.is_approved:
        return Problem(location, f"changed {since}", approve_it)
    if draft.approval.newsroom != _hash_newsroom(config, cadence):
        return Problem(location, f"{config.file.name}, a template or the logo was changed {since}", approve_it)
    return None


def format_moment(config: Config, moment: datetime) -> str:
    """Return a moment in the publication's time zone, in words: `23 Nov 07:40`."""
    return f"{moment.astimezone(ZoneInfo(config.publication.timezone)):%-d %b %H:%M}"


def approve(
    config: Config, cadence: Cadence, now: datetime, by: str, day: date | None = None, revision: str = ""
) -> Draft:
    """Record in a draft that somebody approves it as it is, and return it.

    Args:
        config: The newsroom.
        cadence: Which edition.
        now: The moment of the approval.
        by: The name of the person who approves it.
        day: The edition's day, if not today.
        revision: The revision they have read; empty to approve whatever is in the file.

    Raises:
        DraftChangedError: the file is no longer the revision they read.
        DraftError: there is no draft, it cannot be read or written, or its edition is already frozen.
    """
    edition = edition_id(config, cadence, now, day)
    file = draft_path(config, edition)
    if not (by.strip() and by.isprintable()):
        raise DraftError("an approval needs a name", hint="name the person who approves it, in printable characters")
    with Database.read_for(config) as database:
        require_editable(database, edition)
    if not file.exists():
        raise DraftError("no draft to approve", location=str(file), hint=f"create it with `digest draft --{cadence}`")
    with lock_drafts(file):
        text = read_existing_text(file)
        if revision:
            require_revision(file, text, revision)
        draft = drafts.parse_draft(text, file, config.file.parent)
        approval = Approval(by.strip(), now.replace(microsecond=0), draft.content_hash, _hash_newsroom(config, cadence))
        write_draft(file, drafts.add_approval(text, approval))
    logger.info("%s approved by %s", edition, approval.by, extra={"edition": edition, "by": approval.by})
    return replace(draft, approval=approval)


def _hash_newsroom(config: Config, cadence: Cadence) -> str:
    """Return a hash of what readers see besides the draft: the publication, its rules, templates and logos."""
    seen = sha256(repr((config.publication, config.schedules[cadence], config.sections, config.links)).encode())
    logos = [logo.file for logo in (config.publication.logo, config.publication.logo_dark) if logo and logo.file]
    templates = sorted(file for file in config.templates.rglob("*") if file.is_file())
    for file in (*templates, *logos):
        seen.update(f"\n{file.name}\n".encode())
        with suppress(OSError):  # an unreadable file is reported where it is used
            seen.update(file.read_bytes())
    return seen.hexdigest()
