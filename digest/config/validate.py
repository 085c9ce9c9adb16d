"""Turns the tables of digest.toml into a Config, and refuses what their types alone cannot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import msgspec

from digest.config.provider_settings import PROVIDERS, DkimSettings, Settings, SmtpSettings
from digest.config.tables import SOURCE_TYPES, CadenceTable, Check, ConfigFile, Monitor, Sections
from digest.config.value_checks import ValueChecks
from digest.config.values import Audience, Config, Delivery, Ledger, Schedule, Secrets
from digest.core.toml_file import Key, TomlFile, suggest
from digest.models import Cadence, Publication, Source

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_KEEP = timedelta(days=36525)


def build_config(toml: TomlFile, tables: ConfigFile, environ: Mapping[str, str]) -> Config:
    """Return the Config of a file's tables and the environment. Raises ConfigError with the line of the fault."""
    return _Validator(toml, tables).build(environ)


class _Validator:
    """Validates one table after the other; most refer to another or to the folder."""

    def __init__(self, toml: TomlFile, tables: ConfigFile) -> None:
        self.file = toml.file
        self.tables = tables
        self.checks = ValueChecks(toml)
        self.fail = toml.fail

    def build(self, environ: Mapping[str, str]) -> Config:
        publication = self.build_publication()
        return Config(
            file=self.file,
            publication=publication,
            schedules={"daily": self.build_schedule("daily"), "weekly": self.build_schedule("weekly")},
            sections=self.check_sections(),
            links=self.tables.links,
            check=self.build_check(),
            sources=self.build_sources(),
            delivery=self.build_delivery(publication),
            audience=self.build_audience(),
            ledger=self.build_ledger(),
            monitor=self.build_monitor(),
            secrets=Secrets(
                providers={
                    settings.secret_variable: environ.get(settings.secret_variable, "").strip()
                    for settings in PROVIDERS.values()
                    if settings.secret_variable
                },
                secret_key=environ.get("DIGEST_SECRET_KEY", "").strip(),
                database_url=environ.get("DIGEST_DATABASE_URL", "").strip(),
            ),
        )

    def build_publication(self) -> Publication:
        table = self.tables.publication
        at: Key = ("publication",)
        if not table.name.strip():
            self.fail((*at, "name"), "is empty", "enter the name that readers know you by")
        for name in ("name", "postal_address", "url"):
            newlines = name == "postal_address"
            self.checks.refuse_control_characters((*at, name), getattr(table, name), allow_newline=newlines)
        self.checks.check_url((*at, "url"), table.url)
        self.checks.check_timezone((*at, "timezone"), table.timezone)
        self.checks.check_language((*at, "language"), table.language)
        self.checks.check_colour((*at, "colour"), table.colour)
        if table.logo_dark and not table.logo:
            self.fail((*at, "logo_dark"), "replaces a logo, but there is no `logo`", "add `logo` too")
        return Publication(
            name=table.name.strip(),
            url=table.url.rstrip("/"),
            timezone=table.timezone,
            language=table.language.replace("_", "-"),
            postal_address=table.postal_address.strip(),
            logo=self.checks.parse_picture(table.logo),
            logo_dark=self.checks.parse_picture(table.logo_dark),
            colour=table.colour.lower(),
        )

    def build_schedule(self, cadence: Cadence) -> Schedule:
        table: CadenceTable = getattr(self.tables, cadence)
        if table.max_articles < 1:
            self.fail((cadence, "max_articles"), "must be 1 or more")
        for name in ("subject", "preheader"):
            self.checks.refuse_control_characters((cadence, name), getattr(table, name))
        at = self.parse_time(cadence, table.at)
        if table.local_time and at is None:
            self.fail((cadence, "local_time"), "needs the hour to send at", 'add `at = "07:00"`')
        if table.local_time and cadence == "weekly" and not table.day:
            self.fail((cadence, "local_time"), "needs the day to send on", 'add `day = "monday"`')
        if table.day and not (table.local_time and cadence == "weekly"):
            self.fail((cadence, "day"), "only applies to a weekly edition with local_time", "let cron choose the day")
        return Schedule(
            subject=table.subject,
            preheader=table.preheader,
            max_articles=table.max_articles,
            at=at,
            layout=table.layout,
            embed_images=table.embed_images,
            approval=table.approval,
            local_time=table.local_time,
            day=_WEEKDAYS.index(table.day) if table.day else None,
        )

    def parse_time(self, cadence: Cadence, at: object) -> time | None:
        """Return the time of `at`, which is TOML's own time or a string."""
        if isinstance(at, time):
            return at
        if at == "":
            return None
        try:
            return time.fromisoformat(str(at))
        except ValueError:
            self.fail((cadence, "at"), f"`{at}` is not a valid time of day", 'write it as "07:00"')

    def check_sections(self) -> Sections:
        table = self.tables.sections
        if table.limit < 1:
            self.fail(("sections", "limit"), "must be 1 or more", "leave a section out with `exclude`")
        for name, limit in table.limits.items():
            if limit < 1:
                self.fail(("sections", "limits", name), "must be 1 or more", "leave it out with `exclude`")
        for name, url in table.pages.items():
            self.checks.check_url(("sections", "pages", name), url)
        return table

    def build_check(self) -> Check:
        table = self.tables.check
        return msgspec.structs.replace(table, caniemail=table.caniemail and self.checks.resolve_path(table.caniemail))

    def build_sources(self) -> tuple[Source, ...]:
        found: dict[str, Source] = {}
        for index, table in enumerate(self.tables.sources):
            at: Key = ("sources", index)
            if table.type not in SOURCE_TYPES:
                self.fail((*at, "type"), f"unknown type `{table.type}`", suggest(table.type, SOURCE_TYPES))
            if bool(table.url) == bool(table.path):
                self.fail(at, "needs either `url` or `path`")
            if table.type == "folder" and table.url:
                self.fail((*at, "url"), "a folder has a `path`, not a `url`")
            self.checks.check_url((*at, "url"), table.url)
            path = self.checks.resolve_path(table.path) if table.path else None
            name = table.name or re.sub(r"^https?://(www\.)?|/$", "", table.url) or table.path
            if name in found:
                self.fail(at, f"a second source called `{name}`", "give one of them another `name`")
            found[name] = Source(type=table.type, name=name, url=table.url, path=path, category=table.category)
        return tuple(found.values())

    def build_delivery(self, publication: Publication) -> Delivery:
        table: Any = self.tables.delivery
        for name in ("rate", "connections"):
            if getattr(table, name) < 0:
                self.fail(("delivery", name), "must not be negative", "remove it for no limit")
        if table.smtp.dkim:
            self.fail(("delivery", "smtp", "dkim"), "belongs in a table of its own", "write it as [dkim]")
        if table.warm_up and not (table.warm_up.rates and min(table.warm_up.rates) > 0):
            self.fail(("delivery", "warm_up", "rates"), "needs mails per second for each day, all more than 0")
        if self.tables.dkim and "smtp" not in (table.provider, table.fallback):
            self.fail(("dkim",), "only applies to smtp: other providers sign mails themselves", "remove it")
        return Delivery(
            providers=tuple(self.build_settings(key) for key in ("provider", "fallback") if getattr(table, key)),
            sender=self.checks.parse_mailbox(("delivery", "from"), table.sender, publication.name),
            reply_to=self.checks.parse_mailbox(("delivery", "reply_to"), table.reply_to, ""),
            rate=table.rate,
            warm_up=table.warm_up,
            connections=table.connections,
            patience=self.checks.parse_duration(("delivery", "patience"), table.patience),
            max_lateness=self.checks.parse_duration(("delivery", "max_lateness"), table.max_lateness),
        )

    def build_settings(self, key: str) -> Settings:
        """Return the settings of the provider that `provider` or `fallback` names."""
        name = getattr(self.tables.delivery, key)
        if name not in PROVIDERS:
            self.fail(("delivery", key), f"unknown provider `{name}`", suggest(name, PROVIDERS))
        settings: Settings = getattr(self.tables.delivery, name)
        changes: dict[str, Any] = {
            field: self.checks.resolve_path(value)
            for field, value in msgspec.structs.asdict(settings).items()
            if isinstance(value, Path)
        }
        if isinstance(settings, SmtpSettings):
            changes["dkim"] = self.build_dkim()
        return msgspec.structs.replace(settings, **changes)

    def build_dkim(self) -> DkimSettings | None:
        """Return what mails are signed with; refuse a signature that would not align with `from` (RFC 7489 3.1.1)."""
        table = self.tables.dkim
        if table is None:
            return None
        for name in ("domain", "selector"):
            if not re.fullmatch(r"[A-Za-z0-9._-]+", getattr(table, name)):
                self.fail(("dkim", name), f"`{getattr(table, name)}` is not a valid DNS name", "write it in ASCII")
        options: Any = self.tables.delivery
        sender = parseaddr(options.sender)[1].rpartition("@")[2].lower()
        signed = table.domain.lower()
        if not f".{sender}".endswith(f".{signed}") and not f".{signed}".endswith(f".{sender}"):
            message = f"is not the domain of [delivery] from, {sender}" if sender else "needs [delivery] from"
            self.fail(("dkim", "domain"), message)
        return msgspec.structs.replace(table, key_file=self.checks.resolve_path(table.key_file))

    def build_audience(self) -> Audience:
        table = self.tables.audience
        for name in ("unsubscribe_url", "preferences_url"):
            url = getattr(table, name)
            self.checks.check_url(("audience", name), url)
            for placeholder in re.findall(r"\{(.*?)\}", url):
                if placeholder not in ("email", "token"):
                    message = f"unknown placeholder {{{placeholder}}}"
                    self.fail(("audience", name), message, "it may contain {email} and {token}")
        mailto = table.unsubscribe_mailto.removeprefix("mailto:")
        self.checks.parse_mailbox(("audience", "unsubscribe_mailto"), mailto, "")
        subscribers = None if table.subscribers == "database" else self.checks.resolve_path(table.subscribers)
        return Audience(subscribers, table.unsubscribe_url, mailto, table.preferences_url)

    def build_ledger(self) -> Ledger:
        keep = self.checks.parse_duration(("ledger", "keep"), self.tables.ledger.keep)
        if not timedelta(days=1) <= keep <= _LONGEST_KEEP:
            self.fail(("ledger", "keep"), "must be between 1 day and 100 years", 'write it as "400d"')
        return Ledger(keep)

    def build_monitor(self) -> Monitor:
        table = self.tables.monitor
        for name in ("ping_success", "ping_failure"):
            self.checks.check_url(("monitor", name), getattr(table, name))
        return msgspec.structs.replace(table, textfile=table.textfile and self.checks.resolve_path(table.textfile))
