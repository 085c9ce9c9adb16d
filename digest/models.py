"""The nouns of digest: frozen values the stages hand to each other. Every time is aware; every URL is absolute."""

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
"""What a reader may choose: `weekdays` is the daily edition, Monday to Friday."""

SuppressionReason = Literal["unsubscribed", "bounced", "complained"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A non-fatal fault: where it is, what is wrong, and what to do about it.

    `location` is a file (with `:line` if known), a URL or an address, empty if the message names it. `hint` is empty
    when there is nothing to do.
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

    `type` is a key of `digest.sources.READERS`; exactly one of `url` (http or https) and `path` (absolute) is set.
    `category` is given to articles that bring none.
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
    """Who wrote a story; `role` as in "Staff writer"."""

    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: at an http(s) `url`, or a local `file` that travels inside the mail. Sizes in pixels, 0 if unknown.

    `data` is what is at the url, where that is to travel inside the mail too.
    """

    url: str = ""
    file: Path | None = None
    alt: str = ""
    width: int = 0
    height: int = 0
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Article:
    """One story as a source tells it.

    `headline` and `summary` are plain text (no markup, no control characters, whitespace folded; the headline is never
    empty). `url` is http(s) or empty when the source gives no link. `published` is None when the source gives no date.
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
    """The source says that this leads."""
    also_in: tuple[str, ...] = ()
    """The other sources that tell the same story, once several are folded into one."""
    section: str = ""
    """Where an editor filed it; its headline and summary are then theirs too, and shown as they wrote them."""


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """When an article was first in a source; `late` when its own date was of before that source's last reading."""

    moment: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as last fetched, with what a conditional GET asks by (RFC 9110, 13.1)."""

    url: str
    etag: str
    last_modified: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What one source gave in one run. A source that could not be read at all is a value too: `failed` is set.

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
    """The stretch of time an edition covers: `start` < published <= `end`, both aware."""

    start: datetime
    end: datetime

    def __contains__(self, moment: object) -> bool:
        """Whether a moment falls inside: after the start, up to and including the end."""
        return isinstance(moment, datetime) and self.start < moment <= self.end


@dataclass(frozen=True, slots=True)
class Section:
    """A category as readers see it, and its stories in order.

    `more` counts those that a limit left out; `url` is the section's own page on the site, if it has one.
    """

    name: str
    articles: tuple[Article, ...]
    more: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of the digest. The lead stands apart: it is in none of the sections.

    `id` is `<date>-<cadence>`, the date being that of `window.end` in the publication's timezone.
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
    """What the editor has to say above the lead, in Markdown (CommonMark)."""
    draft: str = ""
    """The file that subject, preheader and note are from, where it was drafted; else the configuration has them."""

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every story in reading order, the lead first."""
        return (self.lead, *(article for section in self.sections for article in section.articles))


@dataclass(frozen=True, slots=True)
class Publication:
    """The newspaper: what its mails show of it.

    `colour` is `#rrggbb`; `logo_dark` takes the logo's place in the dark.
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
    """A reader. `email` is normalised and its own identity; empty fields mean "as the publication does"."""

    email: str
    name: str = ""
    categories: tuple[str, ...] = ()
    cadence: SubscriberCadence = "daily"
    timezone: str = ""
    language: str = ""
    status: str = "active"


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """The readers who get the same Message: those who chose the same categories and read the same language.

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
    """An address that must not be mailed, why, and since when."""

    email: str
    reason: SuppressionReason
    since: datetime


# --- mail ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MergeField:
    """A place in a Message that differs by Recipient: `token` stands there until `name`'s value takes its place.

    The token is fixed-length lowercase alphanumeric, so it survives MJML, CSS inlining, attributes and URLs. A slot has
    one token in HTML and another in text, because the value is escaped in the one and not in the other.
    """

    name: str
    token: str
    form: Literal["html", "text"]

    def value(self, values: Mapping[str, str]) -> str:
        """What stands in the slot for a recipient with these values. Raises KeyError when the value is missing."""
        value = values[self.name]
        return html.escape(value) if self.form == "html" else value


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture that travels inside the mail, shown by `<img src="cid:...">`; `media_type` as in `image/png`."""

    cid: str
    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered email for a Segment, with its slots left open.

    `headers` are what the mail has besides its body; never To, Subject, Message-ID, MIME-Version or Content-*, which
    belong to the recipient or the body.
    """

    subject: str
    html: str
    text: str
    merge_fields: tuple[MergeField, ...] = ()
    images: tuple[InlineImage, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    def fill(self, part: str, values: Mapping[str, str]) -> str:
        """One of this message's texts with the recipient's values in its slots. Raises KeyError for a missing value."""
        if not self.merge_fields:
            return part
        by_token: dict[str, Callable[[Mapping[str, str]], str]] = {
            merge_field.token: merge_field.value for merge_field in self.merge_fields
        }
        pattern = re.compile("|".join(map(re.escape, by_token)))
        return pattern.sub(lambda match: by_token[match[0]](values), part)


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address with the values for the Message's slots, and the Message-ID that this edition always has for it.

    `message_id` is without angle brackets: `<hash>@<domain of From>`; the hash names the recipient without telling it.
    """

    email: str
    message_id: str
    values: Mapping[str, str]

    @property
    def name(self) -> str:
        """The reader's name, empty if unknown."""
        return self.values.get("name", "")


class Outcome(StrEnum):
    """What a provider said about one Recipient."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: sending the same again would be refused again."""
    DEFERRED = "deferred"
    """Provably not sent, for now: try again."""
    IN_DOUBT = "in_doubt"
    """Sent or not, nobody knows: the answer never came. Never sent again by itself."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one Recipient; `detail` is the provider's own words, on one line.

    `retry_after` is how many seconds the provider asks to be left alone with a deferred one, 0 if it does not say.
    """

    recipient: Recipient
    outcome: Outcome
    detail: str = ""
    retry_after: float = 0.0

    @property
    def bounced(self) -> bool:
        """Whether the address itself is bad, so that no later edition should be tried: RFC 3463, 3.2.

        A full mailbox or a message that is not liked refuses this mail and says nothing of the next.
        """
        return self.outcome is Outcome.REFUSED and bool(re.search(r"\b5\.1\.(?:[1236]|10)\b", self.detail))
