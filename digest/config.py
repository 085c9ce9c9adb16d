"""digest.toml and the environment, checked, as one frozen Config; nothing else reads either."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any, Literal, NoReturn

import msgspec

from digest.errors import ConfigError
from digest.models import Cadence, Publication, Source

FILE_NAME = "digest.toml"


# --- the file as a newsroom writes it: one struct a table, one field a key --------------------------------------------


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """A table of digest.toml; `from` is a word of Python's, so its field is called `sender`."""


class _Publication(_Table, frozen=True):
    name: str
    url: str = ""
    timezone: str = "UTC"
    language: str = "en"
    postal_address: str = ""
    logo: str = ""
    colour: str = "#9b1c1f"


class _Cadence(_Table, frozen=True):
    subject: str = ""
    max_articles: int = 30
    layout: Literal["cards", "brief"] = "cards"
    at: Any = ""  # a string or TOML's own time: msgspec allows no union of the two


class _Sections(_Table, frozen=True):
    order: tuple[str, ...] = ()
    names: dict[str, str] = {}
    limit: int = 6
    limits: dict[str, int] = {}
    exclude: tuple[str, ...] = ()
    pages: dict[str, str] = {}


class _Check(_Table, frozen=True):
    caniemail: str = ""
    clients: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


class _Links(_Table, frozen=True):
    utm: dict[str, str] = {}


class _Source(_Table, frozen=True):
    type: str
    url: str = ""
    path: str = ""
    name: str = ""
    category: str = ""


class _Maildir(_Table, frozen=True):
    folder: str = "outbox"


class _Smtp(_Table, frozen=True):
    host: str = "localhost"
    port: int = 0
    security: Literal["starttls", "tls", "plain"] = "starttls"
    username: str = ""
    timeout: float = 30.0


class _SendGrid(_Table, frozen=True):
    host: str = "https://api.sendgrid.com"
    timeout: float = 30.0


class _Delivery(_Table, frozen=True):
    provider: Literal["maildir", "smtp", "sendgrid"] = "maildir"
    sender: str = ""
    reply_to: str = ""
    rate: float = 0.0
    max_lateness: str = "6h"
    maildir: _Maildir = _Maildir()
    smtp: _Smtp = _Smtp()
    sendgrid: _SendGrid = _SendGrid()


class _Audience(_Table, frozen=True):
    subscribers: str = "subscribers.csv"
    unsubscribe_url: str = ""
    unsubscribe_mailto: str = ""


class _File(_Table, frozen=True):
    publication: _Publication
    daily: _Cadence = _Cadence()
    weekly: _Cadence = _Cadence()
    sections: _Sections = _Sections()
    links: _Links = _Links()
    check: _Check = _Check()
    sources: tuple[_Source, ...] = ()
    delivery: _Delivery = _Delivery()
    audience: _Audience = _Audience()


# --- what the rest of digest sees -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Schedule:
    """What one cadence has of its own. `at` is local to the publication; None when lateness counts from the freeze."""

    subject: str
    max_articles: int
    at: time | None
    layout: Literal["cards", "brief"]


@dataclass(frozen=True, slots=True)
class SectionRules:
    """How categories become sections: see `digest.editorial.Rules`."""

    order: tuple[str, ...]
    names: Mapping[str, str]
    limit: int
    limits: Mapping[str, int]
    exclude: tuple[str, ...]
    pages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Check:
    """What `digest check` judges the email by: caniemail's data if there is a copy, for which mail programs."""

    caniemail: Path | None
    clients: tuple[str, ...]
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Smtp:
    """An SMTP server; `port` 0 means the usual one for `security`. Timeout in seconds."""

    host: str
    port: int
    security: Literal["starttls", "tls", "plain"]
    username: str
    timeout: float


@dataclass(frozen=True, slots=True)
class SendGrid:
    """SendGrid's API; another `host` is for trials. Timeout in seconds."""

    host: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """How mail goes out. `sender` is `Name <address>`, empty when not configured; `rate`: mails a second, 0 for any."""

    provider: Literal["maildir", "smtp", "sendgrid"]
    sender: str
    reply_to: str
    rate: float
    max_lateness: timedelta
    outbox: Path
    smtp: Smtp
    sendgrid: SendGrid


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads and how they leave. The URL may hold `{email}` and `{token}`; the mailto is a bare address."""

    subscribers: Path
    unsubscribe_url: str
    unsubscribe_mailto: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only the environment may hold. Empty when not set."""

    sendgrid_api_key: str = field(default="", repr=False)
    smtp_password: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    database_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a run is told, checked. Paths are absolute; `file` is the digest.toml it came from."""

    file: Path
    publication: Publication
    schedules: Mapping[Cadence, Schedule]
    sections: SectionRules
    utm: Mapping[str, str]
    check: Check
    sources: tuple[Source, ...]
    delivery: Delivery
    audience: Audience
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


def load(file: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check a digest.toml.

    Raises:
        ConfigError: the file is missing, is not TOML, has an unknown key, or a value that cannot be; it names the line.
    """
    file = file.absolute()
    text = _read(file)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(file), next_step="mend that line") from None
    reader = _Reader(file, text)
    reader.refuse_unknown_keys(tables, _File, ())
    try:
        raw = msgspec.convert(tables, _File)
    except msgspec.ValidationError as error:
        reader.fail_validation(error)
    return _Checker(reader, raw).config(environ)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {file.name} in {file.parent}",
            next_step="run `digest init` to make a newsroom here, or name another with `digest -c FILE`",
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8", where=str(file), next_step="save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(file)) from None


_Key = tuple[str | int, ...]


class _Reader:
    """Knows the text of the file, so that an error can name the line of a key."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()

    def fail(self, key: _Key, what: str, next_step: str = "") -> NoReturn:
        """Raise the ConfigError for a key, given as its path: `("sources", 0, "url")`."""
        line = self.line_of(key)
        where = f"{self.file}:{line}" if line else str(self.file)
        raise ConfigError(f"{_dotted(key)}: {what}", where=where, next_step=next_step)

    def line_of(self, key: _Key) -> int:
        """The line a key stands on, else that of the table it would be in, else 0."""
        table: list[str] = []
        index, best, depth = -1, 0, 0
        wanted_index = next((part for part in key if isinstance(part, int)), -1)
        names = [part for part in key if isinstance(part, str)]
        for number, line in enumerate(self.lines, 1):
            if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
                table = [part.strip().strip("\"'") for part in header[2].split(".")]
                index += header[1] == "[["
                here = table
            elif assignment := re.match(r"\s*([^#=]+?)\s*=", line):
                here = [*table, *(part.strip().strip("\"'") for part in assignment[1].split("."))]
            else:
                continue
            if table[:1] == ["sources"] and wanted_index not in (-1, index):
                continue
            if here == names[: len(here)] and len(here) > depth:
                best, depth = number, len(here)
        return best

    def refuse_unknown_keys(self, table: Mapping[str, Any], struct: Any, path: _Key) -> None:
        """Raise for a key that no field reads, naming the nearest one that is read."""
        fields = {item.encode_name: item.type for item in msgspec.structs.fields(struct)}
        for key, value in table.items():
            if key not in fields:
                near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
                known = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(fields)}"
                self.fail((*path, key), "unknown key", known)
            inner = fields[key]
            if isinstance(inner, type) and issubclass(inner, _Table) and isinstance(value, dict):
                self.refuse_unknown_keys(value, inner, (*path, key))
            elif key == "sources" and isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, dict):
                        self.refuse_unknown_keys(item, _Source, (*path, key, index))

    def fail_validation(self, error: msgspec.ValidationError) -> NoReturn:
        """Say msgspec's finding with the line: it reads "Expected `int`, got `str` - at `$.daily.max_articles`"."""
        what, _, place = str(error).partition(" - at `$")
        key: _Key = tuple(
            int(index) if index else name for index, name in re.findall(r"\[(\d+)\]|\.?([\w-]+)", place.rstrip("`"))
        )
        if missing := re.search(r"missing required field `(\w+)`", what):
            self.fail((*key, missing[1]), "is missing", f'add `{missing[1]} = "..."`')
        self.fail(key, what[0].lower() + what[1:])


def _dotted(key: _Key) -> str:
    """`("sources", 0, "url")` as `sources[1].url`: people count from one."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")


class _Checker:
    """Turns the raw tables into a Config, refusing what types alone cannot."""

    def __init__(self, reader: _Reader, raw: _File) -> None:
        self.reader = reader
        self.raw = raw
        self.folder = reader.file.parent

    def config(self, environ: Mapping[str, str]) -> Config:
        publication = self.publication()
        return Config(
            file=self.reader.file,
            publication=publication,
            schedules={"daily": self.schedule("daily"), "weekly": self.schedule("weekly")},
            sections=self.sections(),
            utm=self.raw.links.utm,
            check=self.check(),
            sources=self.sources(),
            delivery=self.delivery(publication),
            audience=self.audience(),
            secrets=Secrets(
                sendgrid_api_key=environ.get("SENDGRID_API_KEY", "").strip(),
                smtp_password=environ.get("DIGEST_SMTP_PASSWORD", ""),
                secret_key=environ.get("DIGEST_SECRET_KEY", "").strip(),
                database_url=environ.get("DIGEST_DATABASE_URL", "").strip(),
            ),
        )

    def publication(self) -> Publication:
        raw = self.raw.publication
        at: _Key = ("publication",)
        if not raw.name.strip():
            self.reader.fail((*at, "name"), "is empty", "give the name readers know you by")
        for name in ("name", "postal_address", "url"):
            self.refuse_control_characters((*at, name), getattr(raw, name), allow_newline=name == "postal_address")
        self.check_url((*at, "url"), raw.url)
        self.check_timezone((*at, "timezone"), raw.timezone)
        if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", raw.language):
            self.reader.fail((*at, "language"), f"`{raw.language}` is no language tag", "write it as `en` or `pt-BR`")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", raw.colour):
            self.reader.fail((*at, "colour"), f"`{raw.colour}` is no colour", "write it as `#9b1c1f`")
        logo: str | Path = raw.logo
        if raw.logo and not raw.logo.startswith(("https://", "http://")):
            logo = self.folder / raw.logo
        return Publication(
            name=raw.name.strip(),
            url=raw.url.rstrip("/"),
            timezone=raw.timezone,
            language=raw.language.replace("_", "-"),
            postal_address=raw.postal_address.strip(),
            logo=logo,
            colour=raw.colour.lower(),
        )

    def schedule(self, cadence: Cadence) -> Schedule:
        raw: _Cadence = getattr(self.raw, cadence)
        if raw.max_articles < 1:
            self.reader.fail((cadence, "max_articles"), "must be 1 or more")
        self.refuse_control_characters((cadence, "subject"), raw.subject)
        at = raw.at
        if not isinstance(at, time):
            try:
                at = time.fromisoformat(str(at)) if at != "" else None
            except ValueError:
                self.reader.fail((cadence, "at"), f"`{at}` is no time of day", 'write it as "07:00"')
        return Schedule(raw.subject, raw.max_articles, at, raw.layout)

    def sections(self) -> SectionRules:
        raw = self.raw.sections
        if raw.limit < 1:
            self.reader.fail(("sections", "limit"), "must be 1 or more", "leave a section out with `exclude`")
        for name, limit in raw.limits.items():
            if limit < 1:
                self.reader.fail(("sections", "limits", name), "must be 1 or more", "leave it out with `exclude`")
        for name, url in raw.pages.items():
            self.check_url(("sections", "pages", name), url)
        return SectionRules(raw.order, raw.names, raw.limit, raw.limits, raw.exclude, raw.pages)

    def check(self) -> Check:
        raw = self.raw.check
        return Check((self.folder / raw.caniemail).resolve() if raw.caniemail else None, raw.clients, raw.accepted)

    def sources(self) -> tuple[Source, ...]:
        from digest.sources import SOURCES

        found: dict[str, Source] = {}
        for index, raw in enumerate(self.raw.sources):
            at: _Key = ("sources", index)
            if raw.type not in SOURCES:
                near = difflib.get_close_matches(raw.type, SOURCES, n=1)
                known = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(SOURCES)}"
                self.reader.fail((*at, "type"), f"unknown type `{raw.type}`", known)
            if bool(raw.url) == bool(raw.path):
                self.reader.fail(at, "needs `url` or `path`, one of the two")
            if raw.type == "folder" and raw.url:
                self.reader.fail((*at, "url"), "a folder has a `path`, not a `url`")
            self.check_url((*at, "url"), raw.url)
            path = (self.folder / raw.path).resolve() if raw.path else None
            name = raw.name or re.sub(r"^https?://(www\.)?|/$", "", raw.url) or raw.path
            if name in found:
                self.reader.fail(at, f"a second source called `{name}`", "give one of them another `name`")
            found[name] = Source(type=raw.type, name=name, url=raw.url, path=path, category=raw.category)
        return tuple(found.values())

    def delivery(self, publication: Publication) -> Delivery:
        raw = self.raw.delivery
        if raw.rate < 0:
            self.reader.fail(("delivery", "rate"), "must not be negative", "leave it out for no limit")
        if not 0 <= raw.smtp.port < 65536:  # noqa: PLR2004 - the largest port is TCP's own number
            self.reader.fail(("delivery", "smtp", "port"), "must be from 1 to 65535")
        for table in ("smtp", "sendgrid"):
            if getattr(raw, table).timeout <= 0:
                self.reader.fail(("delivery", table, "timeout"), "must be more than 0 seconds")
        self.check_url(("delivery", "sendgrid", "host"), raw.sendgrid.host)
        return Delivery(
            provider=raw.provider,
            sender=self.mailbox(("delivery", "from"), raw.sender, publication.name),
            reply_to=self.mailbox(("delivery", "reply_to"), raw.reply_to, ""),
            rate=raw.rate,
            max_lateness=self.duration(("delivery", "max_lateness"), raw.max_lateness),
            outbox=(self.folder / raw.maildir.folder).resolve(),
            smtp=Smtp(raw.smtp.host, raw.smtp.port, raw.smtp.security, raw.smtp.username, raw.smtp.timeout),
            sendgrid=SendGrid(raw.sendgrid.host.rstrip("/"), raw.sendgrid.timeout),
        )

    def audience(self) -> Audience:
        raw = self.raw.audience
        self.check_url(("audience", "unsubscribe_url"), raw.unsubscribe_url)
        for placeholder in re.findall(r"\{(.*?)\}", raw.unsubscribe_url):
            if placeholder not in ("email", "token"):
                self.reader.fail(
                    ("audience", "unsubscribe_url"),
                    f"unknown placeholder {{{placeholder}}}",
                    "it may hold {email} and {token}",
                )
        mailto = raw.unsubscribe_mailto.removeprefix("mailto:")
        self.mailbox(("audience", "unsubscribe_mailto"), mailto, "")
        return Audience((self.folder / raw.subscribers).resolve(), raw.unsubscribe_url, mailto)

    # what several tables have in common

    def refuse_control_characters(self, key: _Key, value: str, *, allow_newline: bool = False) -> None:
        if re.search(r"[\x00-\x09\x0b-\x1f\x7f]" if allow_newline else r"[\x00-\x1f\x7f]", value):
            self.reader.fail(key, "has a line break or another control character", "write it on one line")

    def check_url(self, key: _Key, value: str) -> None:
        if value and not re.fullmatch(r"https?://[^\s/]+\S*", value):
            self.reader.fail(key, f"`{value}` is no web address", "write it whole, with https://")

    def check_timezone(self, key: _Key, value: str) -> None:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            near = difflib.get_close_matches(value, zoneinfo.available_timezones(), n=1)
            hint = f"did you mean `{near[0]}`?" if near else "write it as `America/Chicago`"
            self.reader.fail(key, f"`{value}` is no timezone", hint)

    def mailbox(self, key: _Key, value: str, default_name: str) -> str:
        """`Name <address>` in one canonical form; the name is `default_name` where the value has none."""
        if not value:
            return ""
        self.refuse_control_characters(key, value)
        name, address = parseaddr(value)
        if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+|[^\s@<>]+@localhost", address):
            self.reader.fail(key, f"`{value}` is no address", 'write it as "The Gazette <news@example.com>"')
        # formataddr would encode a name that is not ASCII; the MIME stage does that when it writes the header.
        plain = name or default_name
        return formataddr((plain, address)) if plain.isascii() else f'"{plain.replace(chr(34), "")}" <{address}>'

    def duration(self, key: _Key, value: str) -> timedelta:
        """`90m`, `6h`, `1d` or `1h30m`."""
        match = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?", value.replace(" ", ""))
        if not value or not match:
            self.reader.fail(key, f"`{value}` is no length of time", "write it as `6h`, `90m` or `1d`")
        days, hours, minutes = (int(part or 0) for part in match.groups())
        return timedelta(days=days, hours=hours, minutes=minutes)
