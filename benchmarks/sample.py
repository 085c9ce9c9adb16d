"""Made-up stories, messages and readers, as many as are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from digest.delivery import message_headers
from digest.ledger import FrozenRecipient
from digest.models import Article, Author, Edition, Image, Message, Publication, Recipient, Section, Slot, Window

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
SENDER = "The Gazette <news@example.com>"
PUBLICATION = Publication("The Gazette", "https://www.example.com", postal_address="1 Quay Street")
SEGMENTS = 12
_SLOTS = tuple(
    Slot(name, f"xtok{index}{form[0]}x", form)
    for index, name in enumerate(("email", "name", "unsubscribe_url"))
    for form in ("html", "text")
)


def edition(stories: int) -> Edition:
    """An edition of so many stories in five sections."""
    told = [
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
        Section(f"Section {start}", tuple(told[start : start + size])) for start in range(1, stories, size)
    )
    window = Window(NOW - timedelta(days=1), NOW)
    return Edition("2026-11-23-daily", "daily", date(2026, 11, 23), window, told[0], "City", sections)


def message(size: int = 58_000) -> Message:
    """A Message of so many bytes of HTML, with six slots."""
    filling = "<p style='margin:0'>word word word words</p>\n"
    html = f"<!DOCTYPE html><html><body><p>Hello xtok1hx</p>{filling * (size // len(filling))}"
    headers = message_headers(
        sender=SENDER,
        reply_to="",
        publication=PUBLICATION,
        cadence="daily",
        date=NOW,
        unsubscribe_mailto="leave@example.com",
        unsubscribe_https="xtok2tx",
    )
    html += "<p>xtok0hx <a href='xtok2hx'>Leave</a></p></body></html>"
    return Message("The ferry is back", html, "Hello xtok1tx\n" * 40 + "xtok2tx\n", _SLOTS, (), headers)


def recipient(number: int) -> Recipient:
    """A reader as a recipient."""
    email = f"reader{number}@example.com"
    leave = f"https://www.example.com/leave?t=InJlYWRlckBleGFtcGxlLmNvbSI.{number:024x}"
    return Recipient(email, f"{number:032x}@example.com", {"email": email, "name": "Ada", "unsubscribe_url": leave})


def readers(count: int) -> Iterator[FrozenRecipient]:
    """So many readers in a dozen segments."""
    return (FrozenRecipient(recipient(number), f"segment {number % SEGMENTS}") for number in range(count))
