"""The configuration as the rest of digest sees it: checked, frozen, its paths absolute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Literal

from digest.config.provider_settings import Settings
from digest.config.tables import Check, Links, Monitor, Sections, WarmUp
from digest.models import Cadence, Publication, Source


@dataclass(frozen=True, slots=True)
class Schedule:
    """What one cadence has of its own. `at` is local to the publication, with `local_time` to each reader.

    It is None when lateness counts from the freeze. `day` is the weekday it is read on, Monday 0, where that is told.
    """

    subject: str
    preheader: str
    max_articles: int
    at: time | None
    layout: Literal["cards", "brief"]
    embed_images: bool
    approval: Literal["none", "required"]
    local_time: bool
    day: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How mail goes out.

    `providers` are the settings of the one that sends and, where there is one, of the one that takes over when it is
    down. `sender` is `Name <address>`, empty when not configured; `rate`: mails a second, 0 for any. `connections` is 0
    for as many as the provider has by itself. `patience`: how long a run goes on trying for those who were deferred.
    """

    providers: tuple[Settings, ...]
    sender: str
    reply_to: str
    rate: float
    warm_up: WarmUp | None
    connections: int
    patience: timedelta
    max_lateness: timedelta

    @property
    def provider(self) -> Settings:
        """The one that sends."""
        return self.providers[0]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads and how they leave. The URL may hold `{email}` and `{token}`; the mailto is a bare address."""

    subscribers: Path
    unsubscribe_url: str
    unsubscribe_mailto: str
    preferences_url: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only the environment may hold. Empty when not set; `providers` by the name of the variable."""

    providers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_key: str = field(default="", repr=False)
    database_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a run is told, checked. Paths are absolute; `file` is the digest.toml it came from."""

    file: Path
    publication: Publication
    schedules: Mapping[Cadence, Schedule]
    sections: Sections
    links: Links
    check: Check
    sources: tuple[Source, ...]
    delivery: Delivery
    audience: Audience
    monitor: Monitor
    secrets: Secrets

    @property
    def folder(self) -> Path:
        """The newsroom's folder, where digest.toml is and what its paths are relative to."""
        return self.file.parent

    @property
    def templates(self) -> Path:
        """The folder whose files take the place of the shipped templates of the same name; it need not exist."""
        return self.folder / "templates"

    @property
    def database_url(self) -> str:
        """Where the ledger is: PostgreSQL by the environment, else an SQLite file beside digest.toml."""
        return self.secrets.database_url or f"sqlite:///{self.folder / 'ledger.sqlite3'}"
