"""The tables of digest.toml into a Config, refusing what types alone cannot."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Mapping
from datetime import time, timedelta
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any

import msgspec

from digest.config.provider_settings import PROVIDERS, DkimSettings, Settings, SmtpSettings
from digest.config.tables import SOURCE_TYPES, CadenceTable, Check, File, Monitor, Sections
from digest.config.values import Audience, Config, Delivery, Schedule, Secrets
from digest.core.toml_file import Key, TomlFile, nearest
from digest.models import Cadence, Image, Publication, Source

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def checked(toml: TomlFile, raw: File, environ: Mapping[str, str]) -> Config:
    """The Config of a file's tables and the environment. Raises ConfigError with the line of what cannot be."""
    return _Checker(toml, raw).config(environ)


class _Checker:
    """Turns the tables into a Config, one at a time."""

    def __init__(self, toml: TomlFile, raw: File) -> None:
        self.toml = toml
        self.raw = raw
        self.folder = toml.file.parent

    def config(self, environ: Mapping[str, str]) -> Config:
        publication = self.publication()
        return Config(
            file=self.toml.file,
            publication=publication,
            schedules={"daily": self.schedule("daily"), "weekly": self.schedule("weekly")},
            sections=self.sections(),
            links=self.raw.links,
            check=self.check(),
            sources=self.sources(),
            delivery=self.delivery(publication),
            audience=self.audience(),
            monitor=self.monitor(),
            secrets=Secrets(
                providers={
                    settings.secret: environ.get(settings.secret, "").strip()
                    for settings in PROVIDERS.values()
                    if settings.secret
                },
                secret_key=environ.get("DIGEST_SECRET_KEY", "").strip(),
                database_url=environ.get("DIGEST_DATABASE_URL", "").strip(),
            ),
        )

    def publication(self) -> Publication:
        raw = self.raw.publication
        at: Key = ("publication",)
        if not raw.name.strip():
            self.toml.fail((*at, "name"), "is empty", "give the name readers know you by")
        for name in ("name", "postal_address", "url"):
            self.refuse_control_characters((*at, name), getattr(raw, name), allow_newline=name == "postal_address")
        self.check_url((*at, "url"), raw.url)
        self.check_timezone((*at, "timezone"), raw.timezone)
        if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", raw.language):
            self.toml.fail((*at, "language"), f"`{raw.language}` is no language tag", "write it as `en` or `pt-BR`")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", raw.colour):
            self.toml.fail((*at, "colour"), f"`{raw.colour}` is no colour", "write it as `#9b1c1f`")
        if raw.logo_dark and not raw.logo:
            self.toml.fail((*at, "logo_dark"), "takes the place of a logo, and there is none", "add `logo` too")
        return Publication(
            name=raw.name.strip(),
            url=raw.url.rstrip("/"),
            timezone=raw.timezone,
            language=raw.language.replace("_", "-"),
            postal_address=raw.postal_address.strip(),
            logo=self.picture(raw.logo),
            logo_dark=self.picture(raw.logo_dark),
            colour=raw.colour.lower(),
        )

    def picture(self, told: str) -> Image | None:
        if told.startswith(("https://", "http://")):
            return Image(url=told)
        return Image(file=self.folder / told) if told else None

    def schedule(self, cadence: Cadence) -> Schedule:
        raw: CadenceTable = getattr(self.raw, cadence)
        if raw.max_articles < 1:
            self.toml.fail((cadence, "max_articles"), "must be 1 or more")
        for name in ("subject", "preheader"):
            self.refuse_control_characters((cadence, name), getattr(raw, name))
        at = raw.at
        if not isinstance(at, time):
            try:
                at = time.fromisoformat(str(at)) if at != "" else None
            except ValueError:
                self.toml.fail((cadence, "at"), f"`{at}` is no time of day", 'write it as "07:00"')
        if raw.local_time and at is None:
            self.toml.fail((cadence, "local_time"), "needs the hour to send at", 'add `at = "07:00"`')
        if raw.local_time and cadence == "weekly" and not raw.day:
            self.toml.fail((cadence, "local_time"), "needs the day to send on", 'add `day = "monday"`')
        if raw.day and not (raw.local_time and cadence == "weekly"):
            self.toml.fail((cadence, "day"), "is for a weekly edition with local_time", "let cron say the day")
        return Schedule(
            subject=raw.subject,
            preheader=raw.preheader,
            max_articles=raw.max_articles,
            at=at,
            layout=raw.layout,
            embed_images=raw.embed_images,
            approval=raw.approval,
            local_time=raw.local_time,
            day=_WEEKDAYS.index(raw.day) if raw.day else None,
        )

    def sections(self) -> Sections:
        raw = self.raw.sections
        if raw.limit < 1:
            self.toml.fail(("sections", "limit"), "must be 1 or more", "leave a section out with `exclude`")
        for name, limit in raw.limits.items():
            if limit < 1:
                self.toml.fail(("sections", "limits", name), "must be 1 or more", "leave it out with `exclude`")
        for name, url in raw.pages.items():
            self.check_url(("sections", "pages", name), url)
        return raw

    def check(self) -> Check:
        raw = self.raw.check
        return msgspec.structs.replace(raw, caniemail=raw.caniemail and self.absolute(raw.caniemail))

    def sources(self) -> tuple[Source, ...]:
        found: dict[str, Source] = {}
        for index, raw in enumerate(self.raw.sources):
            at: Key = ("sources", index)
            if raw.type not in SOURCE_TYPES:
                self.toml.fail((*at, "type"), f"unknown type `{raw.type}`", nearest(raw.type, SOURCE_TYPES))
            if bool(raw.url) == bool(raw.path):
                self.toml.fail(at, "needs `url` or `path`, one of the two")
            if raw.type == "folder" and raw.url:
                self.toml.fail((*at, "url"), "a folder has a `path`, not a `url`")
            self.check_url((*at, "url"), raw.url)
            path = self.absolute(raw.path) if raw.path else None
            name = raw.name or re.sub(r"^https?://(www\.)?|/$", "", raw.url) or raw.path
            if name in found:
                self.toml.fail(at, f"a second source called `{name}`", "give one of them another `name`")
            found[name] = Source(type=raw.type, name=name, url=raw.url, path=path, category=raw.category)
        return tuple(found.values())

    def delivery(self, publication: Publication) -> Delivery:
        raw: Any = self.raw.delivery
        for name in ("rate", "connections"):
            if getattr(raw, name) < 0:
                self.toml.fail(("delivery", name), "must not be negative", "leave it out for no limit")
        if raw.smtp.dkim:
            self.toml.fail(("delivery", "smtp", "dkim"), "belongs in a table of its own", "write it as [dkim]")
        if raw.warm_up and not (raw.warm_up.rates and min(raw.warm_up.rates) > 0):
            self.toml.fail(("delivery", "warm_up", "rates"), "needs mails a second for each day, all more than 0")
        if self.raw.dkim and "smtp" not in (raw.provider, raw.fallback):
            self.toml.fail(("dkim",), "is for smtp: other providers sign mails themselves", "leave it out")
        return Delivery(
            providers=tuple(self.provider(key) for key in ("provider", "fallback") if getattr(raw, key)),
            sender=self.mailbox(("delivery", "from"), raw.sender, publication.name),
            reply_to=self.mailbox(("delivery", "reply_to"), raw.reply_to, ""),
            rate=raw.rate,
            warm_up=raw.warm_up,
            connections=raw.connections,
            patience=self.duration(("delivery", "patience"), raw.patience),
            max_lateness=self.duration(("delivery", "max_lateness"), raw.max_lateness),
        )

    def provider(self, key: str) -> Settings:
        name = getattr(self.raw.delivery, key)
        if name not in PROVIDERS:
            self.toml.fail(("delivery", key), f"unknown provider `{name}`", nearest(name, PROVIDERS))
        settings: Settings = getattr(self.raw.delivery, name)
        paths: dict[str, Any] = {
            field: self.absolute(value)
            for field, value in msgspec.structs.asdict(settings).items()
            if isinstance(value, Path)
        }
        if isinstance(settings, SmtpSettings):
            paths["dkim"] = self.dkim()
        return msgspec.structs.replace(settings, **paths)

    def dkim(self) -> DkimSettings | None:
        """What mails are signed with; refused where a signature would not speak for the sender (RFC 7489 3.1.1)."""
        told = self.raw.dkim
        if told is None:
            return None
        for name in ("domain", "selector"):
            if not re.fullmatch(r"[A-Za-z0-9._-]+", getattr(told, name)):
                self.toml.fail(("dkim", name), f"`{getattr(told, name)}` is no name in the DNS", "write it in ASCII")
        options: Any = self.raw.delivery
        sender = parseaddr(options.sender)[1].rpartition("@")[2].lower()
        signed = told.domain.lower()
        if not f".{sender}".endswith(f".{signed}") and not f".{signed}".endswith(f".{sender}"):
            self.toml.fail(("dkim", "domain"), f"is not that of [delivery] from, {sender or 'which is missing'}")
        return msgspec.structs.replace(told, key_file=self.absolute(told.key_file))

    def audience(self) -> Audience:
        raw = self.raw.audience
        for name in ("unsubscribe_url", "preferences_url"):
            url = getattr(raw, name)
            self.check_url(("audience", name), url)
            for placeholder in re.findall(r"\{(.*?)\}", url):
                if placeholder not in ("email", "token"):
                    what = f"unknown placeholder {{{placeholder}}}"
                    self.toml.fail(("audience", name), what, "it may hold {email} and {token}")
        mailto = raw.unsubscribe_mailto.removeprefix("mailto:")
        self.mailbox(("audience", "unsubscribe_mailto"), mailto, "")
        return Audience(self.absolute(raw.subscribers), raw.unsubscribe_url, mailto, raw.preferences_url)

    def monitor(self) -> Monitor:
        raw = self.raw.monitor
        for name in ("ping_success", "ping_failure"):
            self.check_url(("monitor", name), getattr(raw, name))
        return msgspec.structs.replace(raw, textfile=raw.textfile and self.absolute(raw.textfile))

    # what several tables have in common

    def absolute(self, path: str | Path) -> Path:
        """A path of the file, which is relative to the folder the file is in."""
        return (self.folder / path).resolve()

    def refuse_control_characters(self, key: Key, value: str, *, allow_newline: bool = False) -> None:
        if re.search(r"[\x00-\x09\x0b-\x1f\x7f]" if allow_newline else r"[\x00-\x1f\x7f]", value):
            self.toml.fail(key, "has a line break or another control character", "write it on one line")

    def check_url(self, key: Key, value: str) -> None:
        if value and not re.fullmatch(r"https?://[^\s/]+\S*", value):
            self.toml.fail(key, f"`{value}` is no web address", "write it whole, with https://")

    def check_timezone(self, key: Key, value: str) -> None:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            near = difflib.get_close_matches(value, zoneinfo.available_timezones(), n=1)
            hint = f"did you mean `{near[0]}`?" if near else "write it as `America/Chicago`"
            self.toml.fail(key, f"`{value}` is no timezone", hint)

    def mailbox(self, key: Key, value: str, default_name: str) -> str:
        """`Name <address>` in one canonical form; the name is `default_name` where the value has none."""
        if not value:
            return ""
        self.refuse_control_characters(key, value)
        name, address = parseaddr(value)
        if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+|[^\s@<>]+@localhost", address):
            self.toml.fail(key, f"`{value}` is no address", 'write it as "The Gazette <news@example.com>"')
        # formataddr would encode a name that is not ASCII; the MIME stage does that when it writes the header.
        plain = name or default_name
        return formataddr((plain, address)) if plain.isascii() else f'"{plain.replace(chr(34), "")}" <{address}>'

    def duration(self, key: Key, value: str) -> timedelta:
        """`90m`, `6h`, `30s`, `1d` or `1h30m`."""
        match = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", value.replace(" ", ""))
        if not value or not match:
            self.toml.fail(key, f"`{value}` is no length of time", "write it as `6h`, `90m` or `1d`")
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
