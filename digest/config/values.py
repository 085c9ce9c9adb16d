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
    """The settings of one cadence.

    `at` is in the publication's time zone, or with `local_time` in each reader's. It is None if lateness counts from
    the freeze. `day` is the weekday it is read on, Monday being 0. It is None if that is left to cron.
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

    `providers` are the settings of the provider that sends and, if there is one, of the one that takes over when it is
    down. `sender` is `Name <address>`, empty if not configured. `rate` is in mails per second, 0 for no limit.
    `connections` is 0 for the provider's own default. `patience` is how long a run keeps retrying deferred recipients.
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
        """The settings of the provider that sends."""
        return self.providers[0]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who the readers are and how they leave.

    `subscribers` is None if they are in the database. URLs may contain `{email}` and `{token}`; the mailto is an
    address.
    """

    subscribers: Path | None
    unsubscribe_url: str
    unsubscribe_mailto: str
    preferences_url: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """How the ledger is kept: `keep` is how long it knows who received an edition; after that, only how many did."""

    keep: timedelta


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only the environment may hold. Empty if not set; `providers` is keyed by the variable's name."""

    providers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_key: str = field(default="", repr=False)
    database_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration, checked. Paths are absolute; `file` is the digest.toml it came from."""

    file: Path
    publication: Publication
    schedules: Mapping[Cadence, Schedule]
    sections: Sections
    links: Links
    check: Check
    sources: tuple[Source, ...]
    delivery: Delivery
    audience: Audience
    ledger: Ledger
    monitor: Monitor
    secrets: Secrets

    @property
    def folder(self) -> Path:
        """The newsroom's folder: that of digest.toml, which its paths are relative to."""
        return self.file.parent

    @property
    def templates(self) -> Path:
        """The folder whose files replace the shipped templates of the same name; it need not exist."""
        return self.folder / "templates"

    @property
    def ledger_file(self) -> Path:
        """The ledger's SQLite file beside digest.toml, which is used unless the environment names a database."""
        return self.folder / "ledger.sqlite3"

    @property
    def database_url(self) -> str:
        """The URL of the ledger: that in the environment, else an SQLite file beside digest.toml."""
        return self.secrets.database_url or f"sqlite:///{self.ledger_file}"
