"""Made-up stories, messages and readers, in any number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from digest.core.merge_fields import merge_field_token
from digest.delivery import message_headers
from digest.models import Article, Author, Edition, Image, Message, Publication, Recipient, Section, Window
from digest.render import render
from digest.storage import FrozenLinks, FrozenRecipient

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
SENDER = "The Gazette <news@example.com>"
PUBLICATION = Publication("The Gazette", "https://www.example.com", postal_address="1 Quay Street")
SEGMENTS = 12


def edition(stories: int) -> Edition:
    """An edition with this many stories in five sections."""
    articles = [
        Article(
            url=f"https://www.example.com/2026/11/23/story-{number}",
            headline=f"Story {number}: the harbour, the ferry and what the council made of them",
            source="feed",
            summary="After eleven years ashore it crossed the harbour again, before a crowd that sang. " * 3,
            published=NOW - timedelta(minutes=number),
            authors=(Author("Zoë Brandão", "Reporter"),),
            image=Image(f"https://www.example.com/{number}.jpg", alt="The ferry", width=1200, height=800),
        )
        for number in range(stories)
    ]
    size = max(1, -(-(stories - 1) // 5))
    sections = tuple(
        Section(f"Section {start}", tuple(articles[start : start + size])) for start in range(1, stories, size)
    )
    window = Window(NOW - timedelta(days=1), NOW)
    return Edition("2026-11-23-daily", "daily", date(2026, 11, 23), window, articles[0], "City", sections)


def message(stories: int = 46) -> Message:
    """The message of an edition with this many stories: 46 are 60 kB of HTML."""
    headers = message_headers(
        sender=SENDER,
        reply_to="",
        publication=PUBLICATION,
        cadence="daily",
        date=NOW,
        unsubscribe_mailto="leave@example.com",
        unsubscribe_https=merge_field_token("unsubscribe_url", "text"),
    )
    return replace(render(edition(stories), PUBLICATION, now=NOW).message, headers=headers)


LINKS = FrozenLinks("example.com", unsubscribe_url="https://www.example.com/leave?to={email}")


def recipient(number: int) -> Recipient:
    """A reader as a recipient."""
    email = f"reader{number}@example.com"
    leave = f"https://www.example.com/leave?t=InJlYWRlckBleGFtcGxlLmNvbSI.{number:024x}"
    return Recipient(email, f"{number:032x}@example.com", {"email": email, "name": "Ada", "unsubscribe_url": leave})


def readers(count: int) -> Iterator[FrozenRecipient]:
    """This many readers in a dozen segments."""
    return (
        FrozenRecipient(f"reader{number}@example.com", "Ada", f"segment {number % SEGMENTS}") for number in range(count)
    )
