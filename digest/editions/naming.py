"""What an edition is called, and where its draft is kept."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.config import Config
from digest.models import Cadence


def edition_id(config: Config, cadence: Cadence, now: datetime, day: date | None = None) -> str:
    """Return the id of the edition of `day`, or of `now` in the publication's time zone: `2026-11-23-daily`."""
    return f"{day or local_date(config, now)}-{cadence}"


def draft_path(config: Config, edition: str) -> Path:
    """Return where an edition's draft is, or would be: `editions/2026-11-23-daily.toml` beside digest.toml."""
    return config.file.parent / "editions" / f"{edition}.toml"


def local_date(config: Config, moment: datetime) -> date:
    """Return the date of a moment in the publication's time zone."""
    return moment.astimezone(ZoneInfo(config.publication.timezone)).date()
