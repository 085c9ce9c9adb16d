"""What every source is told besides its own settings, and the web it reads from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from digest.sources.http import HttpFetcher


@dataclass(frozen=True, slots=True)
class Context:
    """The run a source is read in: see `digest.sources.read_sources`. `web` is this source's own."""

    now: datetime
    web: HttpFetcher
    timezone: str = "UTC"
    base_url: str = ""
    since: Mapping[str, datetime] = field(default_factory=dict)
    """Where each source's window begins, by its name: a source that can be asked for less need not give more."""
