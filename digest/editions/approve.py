"""Editions that go out only once somebody has approved them: as they are, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from digest import drafts
from digest.config import Config
from digest.drafts import Approval, Draft
from digest.drafts.file import lock_drafts, read_existing_text, require_revision, write_draft
from digest.editions.compose import Composition, edition_id
from digest.editions.from_draft import options_of, path_of, require_open
from digest.errors import DraftError
from digest.models import Cadence, Problem
from digest.storage import Database


def require_approval(composition: Composition, edition: str) -> None:
    """Refuse an edition that is to be approved and is not.

    Raises:
        DraftError: there is no draft, nobody approved it, or it was changed since.
    """
    if problem := unapproved(composition, edition):
        raise DraftError(problem.message, location=problem.location, hint=problem.hint)


def unapproved(composition: Composition, edition: str) -> Problem | None:
    """Why a send would wait for an approval, None where it would not."""
    config, cadence, draft = composition.config, composition.cadence, composition.draft
    if config.schedules[cadence].approval != "required":
        return None
    which = options_of(composition)
    approve = f"read it with `digest preview {which}`, then `digest approve {which}`"
    where = str(path_of(config, edition))
    if draft is None:
        return Problem(where, "no draft to approve", f"`digest draft {which}` makes it; {approve}")
    if draft.approval is None:
        return Problem(where, "nobody has approved it", approve)
    since = f"since {draft.approval.by} approved it at {moment_of(config, draft.approval.at)}"
    if not draft.is_approved:
        return Problem(where, f"changed {since}", approve)
    if draft.approval.newsroom != _around(config, cadence):
        return Problem(where, f"{config.file.name}, a template or the logo was changed {since}", approve)
    return None


def moment_of(config: Config, moment: datetime) -> str:
    """A moment by the newsroom's clock, in words."""
    return f"{moment.astimezone(ZoneInfo(config.publication.timezone)):%-d %b %H:%M}"


def approve(
    config: Config, cadence: Cadence, now: datetime, by: str, day: date | None = None, version: str = ""
) -> Draft:
    """Write into a draft that somebody approves it as it is, or as the `version` they read.

    Raises:
        DraftChangedError: it is another version by now.
        DraftError: there is none, it cannot be read or written, or the edition is on its way already.
    """
    edition = edition_id(config, cadence, now, day)
    file = path_of(config, edition)
    if not (by.strip() and by.isprintable()):
        raise DraftError("who approves it?", hint="say it by a name that can be read")
    with Database.open_to_read(config.database_url) as database:
        require_open(database, edition)
    if not file.exists():
        raise DraftError("no draft to approve", location=str(file), hint=f"`digest draft --{cadence}` makes it")
    with lock_drafts(file):
        text = read_existing_text(file)
        if version:
            require_revision(file, text, version)
        draft = drafts.parse_draft(text, file, config.file.parent)
        approval = Approval(by.strip(), now.replace(microsecond=0), draft.content_hash, _around(config, cadence))
        write_draft(file, drafts.add_approval(text, approval))
    return replace(draft, approval=approval)


def _around(config: Config, cadence: Cadence) -> str:
    """A hash of what readers see of the newsroom besides the draft: who it says it is, its rules, templates, logos."""
    seen = sha256(repr((config.publication, config.schedules[cadence], config.sections, config.links)).encode())
    logos = [logo.file for logo in (config.publication.logo, config.publication.logo_dark) if logo and logo.file]
    templates = sorted(file for file in config.templates.rglob("*") if file.is_file())
    for file in (*templates, *logos):
        seen.update(f"\n{file.name}\n".encode())
        with suppress(OSError):  # one that cannot be read is told where it is needed
            seen.update(file.read_bytes())
    return seen.hexdigest()
