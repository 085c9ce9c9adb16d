"""The domain types of digest: frozen values that packages pass to each other. Times are aware, URLs absolute."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

Cadence = Literal["daily", "weekly"]
SubscriberCadence = Literal["daily", "weekdays", "weekly"]
"""What a reader can choose: `weekdays` is the daily edition, Monday to Friday."""

SuppressionReason = Literal["unsubscribed", "bounced", "complained"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault that stops only a part of the work: where it is, what it is, and what to do about it.

    `location` is a file (with `:line` if known), a URL or an address; empty if the message names it. `message` and
    `hint` are sentences without a full stop; `hint` is empty if there is nothing to do.
    """

    location: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """One line: `location: message; hint`."""
        location = f"{self.location}: " if self.location else ""
        return f"{location}{self.message}" + (f"; {self.hint}" if self.hint else "")


# --- articles and where they come from -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A place articles come from, as the configuration names it.

    `type` is one of `digest.config.tables.SOURCE_TYPES`. Exactly one of `url` (http or https) and `path` (absolute) is
    set. `category` is that of articles without one.
    """

    type: str
    name: str
    url: str = ""
    path: Path | None = None
    category: str = ""

    @property
    def location(self) -> str:
        """The URL or the path, for messages."""
        return self.url or str(self.path)


@dataclass(frozen=True, slots=True)
class Author:
    """The author of a story, with a `role` such as "Staff writer"."""

    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: at an http(s) `url`, or in a local `file` that is attached to the mail. Sizes in pixels, 0 if unknown.

    `data` is the content of the URL if that is to be attached too.
    """

    url: str = ""
    file: Path | None = None
    alt: str = ""
    width: int = 0
    height: int = 0
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Article:
    """One story as its source has it.

    `headline` and `summary` are plain text (no markup, no control characters, whitespace folded; the headline is never
    empty). `url` is http(s) or empty if the source has no link. `published` is None if the source has no date.
    `categories` are the source's own names, in its order.
    """

    url: str
    headline: str
    source: str
    guid: str = ""
    summary: str = ""
    published: datetime | None = None
    categories: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()
    image: Image | None = None
    language: str = ""
    pinned: bool = False
    """Whether the source marks it as the lead."""
    also_in: tuple[str, ...] = ()
    """The other sources of the same story, once several articles are merged into one."""
    section: str = ""
    """The section an editor put it in; the headline and summary are then theirs too, and shown as they wrote them."""


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """When an article first appeared in a source; `late` if its own date was before the last fetch of that source."""

    moment: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as last fetched, with the validators of a conditional GET (RFC 9110, 13.1)."""

    url: str
    etag: str
    last_modified: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What one source returned in one run; `failed` is set if it could not be read at all.

    `fetched` are the documents to keep for the next run's conditional GETs.
    """

    source: Source
    articles: tuple[Article, ...] = ()
    problems: tuple[Problem, ...] = ()
    failed: Problem | None = None
    fetched: tuple[StoredDocument, ...] = ()
    listed: tuple[Source, ...] = ()
    """The feeds that the source, an OPML list, names: each is read as a source of its own."""


# --- the edition -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """The period an edition covers: `start` < published <= `end`."""

    start: datetime
    end: datetime

    def __contains__(self, moment: object) -> bool:
        """Return whether a time is in the period."""
        return isinstance(moment, datetime) and self.start < moment <= self.end


@dataclass(frozen=True, slots=True)
class Section:
    """A category as readers see it, and its stories in order.

    `more` is how many a limit left out; `url` is the section's own page on the site, if it has one.
    """

    name: str
    articles: tuple[Article, ...]
    more: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of the digest. The lead is in none of the sections.

    `id` is `<date>-<cadence>`; the date is that of `window.end` in the publication's time zone.
    """

    id: str
    cadence: Cadence
    date: date
    window: Window
    lead: Article
    lead_section: str
    sections: tuple[Section, ...]
    subject: str = ""
    preheader: str = ""
    note: str = ""
    """The editor's note above the lead, in Markdown (CommonMark)."""
    draft: str = ""
    """The draft that subject, preheader and note come from; empty if they come from the configuration."""

    @property
    def articles(self) -> tuple[Article, ...]:
        """All stories in reading order, the lead first."""
        return (self.lead, *(article for section in self.sections for article in section.articles))


@dataclass(frozen=True, slots=True)
class Publication:
    """The newspaper as its mails show it.

    `colour` is `#rrggbb`; `logo_dark` replaces the logo in dark mode.
    """

    name: str
    url: str = ""
    timezone: str = "UTC"
    language: str = "en"
    postal_address: str = ""
    logo: Image | None = None
    logo_dark: Image | None = None
    colour: str = ""


# --- readers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reader, identified by `email`, which is normalised. Empty fields mean the publication's own values."""

    email: str
    name: str = ""
    categories: tuple[str, ...] = ()
    cadence: SubscriberCadence = "daily"
    timezone: str = ""
    language: str = ""
    status: str = "active"


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """The subscribers who get the same Message: those with the same categories and language.

    `categories` is sorted, casefolded, and empty for "everything"; `language` is empty for the publication's own.
    """

    categories: tuple[str, ...] = ()
    language: str = ""

    @property
    def key(self) -> str:
        """The segment's name in the ledger: `science|world`, `science|world||de`, empty for everyone else.

        No category holds a `|`: it is what separates them in subscribers.csv.
        """
        return "|".join(self.categories) + (f"||{self.language}" if self.language else "")


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be mailed, with the reason and the time it was added."""

    email: str
    reason: SuppressionReason
    since: datetime


# --- mail ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MergeField:
    """A place in a Message that differs by Recipient: `token` stands there until the value of `name` replaces it.

    The token is fixed-length lowercase alphanumeric, so it survives MJML, CSS inlining, attributes and URLs. A merge
    field has one token in HTML and another in text, because the value is escaped in one and not in the other.
    """

    name: str
    token: str
    form: Literal["html", "text"]

    def get_value(self, values: Mapping[str, str]) -> str:
        """Return what replaces the token for a recipient with these values. Raises KeyError if the value is missing."""
        value = values[self.name]
        return html.escape(value) if self.form == "html" else value


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture attached to the mail and shown by `<img src="cid:...">`; `media_type` is like `image/png`."""

    cid: str
    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered email for a Segment, with its merge fields left open.

    `headers` never contain To, Subject, Message-ID, MIME-Version or Content-*: these belong to the recipient or the
    body.
    """

    subject: str
    html: str
    text: str
    merge_fields: tuple[MergeField, ...] = ()
    images: tuple[InlineImage, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    def fill(self, part: str, values: Mapping[str, str]) -> str:
        """Return one of this message's texts with a recipient's values filled in. Raises KeyError if one is missing."""
        if not self.merge_fields:
            return part
        by_token: dict[str, Callable[[Mapping[str, str]], str]] = {
            merge_field.token: merge_field.get_value for merge_field in self.merge_fields
        }
        pattern = re.compile("|".join(map(re.escape, by_token)))
        return pattern.sub(lambda match: by_token[match[0]](values), part)


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address in one edition, with the values of the merge fields and the Message-ID that its mail always has.

    `message_id` is `hash@domain` without angle brackets, the domain being that of From; the hash identifies the
    recipient without revealing the address.
    """

    email: str
    message_id: str
    values: Mapping[str, str]

    @property
    def name(self) -> str:
        """The reader's name, empty if unknown."""
        return self.values.get("name", "")


class Outcome(StrEnum):
    """What happened to one Recipient, by the provider's response."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Permanently: the same mail would be refused again."""
    DEFERRED = "deferred"
    """Provably not sent, for a temporary reason: it can be retried."""
    IN_DOUBT = "in_doubt"
    """Sent or not: the response never arrived. Never sent again automatically."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome for one Recipient; `detail` is the provider's own words, on one line.

    `retry_after` is how many seconds the provider asks to wait before retrying a deferred one, 0 if it does not say.
    """

    recipient: Recipient
    outcome: Outcome
    detail: str = ""
    retry_after: float = 0.0

    @property
    def bounced(self) -> bool:
        """Whether the address itself is bad, so that no later edition should be sent to it: RFC 3463, 3.2.

        A full mailbox or a rejected message refuses this mail only and says nothing about the next.
        """
        return self.outcome is Outcome.REFUSED and bool(re.search(r"\b5\.1\.(?:[1236]|10)\b", self.detail))
