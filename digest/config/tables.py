"""The tables of digest.toml as a newsroom writes them: one struct per table, one field per key."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from digest.config.provider_settings import PROVIDERS, DkimSettings


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """A table of digest.toml. `from` is a keyword in Python, so its field is called `sender`."""


class PublicationTable(Table, frozen=True):
    """[publication]."""

    name: str
    url: str = ""
    timezone: str = "UTC"
    language: str = "en"
    postal_address: str = ""
    logo: str = ""
    logo_dark: str = ""
    colour: str = "#9b1c1f"


class CadenceTable(Table, frozen=True):
    """[daily] and [weekly]."""

    subject: str = ""
    preheader: str = ""
    max_articles: int = 30
    layout: Literal["cards", "brief"] = "cards"
    embed_images: bool = False
    approval: Literal["none", "required"] = "none"
    local_time: bool = False
    day: Literal["", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = ""
    at: Any = ""  # a string or TOML's own time: msgspec does not support a union of the two


class Sections(Table, frozen=True):
    """[sections]: how categories become sections, see `digest.editorial.LayoutRules`."""

    order: tuple[str, ...] = ()
    names: dict[str, str] = {}
    limit: int = 6
    limits: dict[str, int] = {}
    exclude: tuple[str, ...] = ()
    pages: dict[str, str] = {}


class Links(Table, frozen=True):
    """[links]: changes to the links of articles."""

    utm: dict[str, str] = {}
    https: bool = True


class Check(Table, frozen=True):
    """[check]: what `digest check` judges the email by: a copy of caniemail's data, and which mail programs matter."""

    caniemail: Path | None = None
    clients: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


SOURCE_TYPES = ("feed", "folder", "opml", "page", "wordpress")
"""The types of source; `digest.sources` has a module for each."""


class SourceTable(Table, frozen=True):
    """[[sources]]."""

    type: str
    url: str = ""
    path: str = ""
    name: str = ""
    category: str = ""


class WarmUp(Table, frozen=True):
    """[delivery.warm_up]: the rate in mails per second for each day from `since` on; after the last, `rate` applies."""

    since: date
    rates: tuple[float, ...]


class DeliveryTable(Table, frozen=True):
    """[delivery], without the providers' own tables."""

    provider: str = "maildir"
    fallback: str = ""
    sender: str = ""
    reply_to: str = ""
    rate: float = 0.0
    warm_up: WarmUp | None = None
    connections: int = 0
    patience: str = "30s"
    max_lateness: str = "6h"


DeliveryWithProviders = msgspec.defstruct(
    "DeliveryWithProviders",
    [(name, settings, settings()) for name, settings in PROVIDERS.items()],
    bases=(DeliveryTable,),
    frozen=True,
)
"""[delivery], with a table for each provider."""


class AudienceTable(Table, frozen=True):
    """[audience]."""

    subscribers: str = "subscribers.csv"
    unsubscribe_url: str = ""
    unsubscribe_mailto: str = ""
    preferences_url: str = ""


class LedgerTable(Table, frozen=True):
    """[ledger]."""

    keep: str = "400d"


class Monitor(Table, frozen=True):
    """[monitor]: where the outcome of a send is reported. URLs are requested with GET; their path may hold a secret."""

    textfile: Path | None = None
    ping_success: str = ""
    ping_failure: str = ""


class ConfigFile(Table, frozen=True):
    """The whole file."""

    publication: PublicationTable
    daily: CadenceTable = CadenceTable()
    weekly: CadenceTable = CadenceTable()
    sections: Sections = Sections()
    links: Links = Links()
    check: Check = Check()
    sources: tuple[SourceTable, ...] = ()
    delivery: DeliveryWithProviders = DeliveryWithProviders()  # type: ignore[valid-type]  # made above
    dkim: DkimSettings | None = None
    audience: AudienceTable = AudienceTable()
    ledger: LedgerTable = LedgerTable()
    monitor: Monitor = Monitor()
