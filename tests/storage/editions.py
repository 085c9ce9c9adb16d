"""Editions to put into a ledger, and a way to send them by hand."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from digest.models import Article, Edition, InlineImage, MergeField, Message, Outcome, Receipt, Recipient, Window
from digest.storage import ClaimQueue, Database, EditionArticle, EditionSource, FrozenLinks, FrozenRecipient

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LEAD = Article(url="https://www.example.com/a", headline="The ferry returns", source="feed")
MESSAGE = Message(
    subject="The ferry returns",
    html="<p>xtok1x</p>",
    text="xtok2x",
    merge_fields=(MergeField("name", "xtok1x", "html"), MergeField("name", "xtok2x", "text")),
    images=(InlineImage("a@digest", "a.png", "image/png", b"\x89PNG\x00\xff"),),
    headers=(("List-Id", "<digest.example.com>"),),
)

LINKS = FrozenLinks("example.com", unsubscribe_mailto="leave@example.com")


def edition(day: int = 23, cadence: str = "daily") -> Edition:
    end = NOW.replace(day=day)
    assert cadence in {"daily", "weekly"}
    return Edition(
        id=f"2026-11-{day}-{cadence}",
        cadence="daily" if cadence == "daily" else "weekly",
        date=date(2026, 11, day),
        window=Window(end - timedelta(days=1), end),
        lead=LEAD,
        lead_section="City",
        sections=(),
    )


def readers(count: int, segment: str = "") -> Iterator[FrozenRecipient]:
    for number in range(count):
        email = f"reader{number}{segment}@example.com"
        yield FrozenRecipient(email, "Zoë", segment)


def make_recipient(email: str, name: str) -> Recipient:
    return Recipient(email, f"id-of-{email}", {"name": name, "email": email})


def freeze(database: Database, count: int = 3, day: int = 23) -> str:
    today = edition(day)
    frozen = database.editions.freeze(
        today,
        "The ferry returns",
        readers(count),
        lambda _: MESSAGE,
        [EditionArticle("id-a", "The ferry returns")],
        [EditionSource("feed", failed=False, next_start=today.window.end)],
        LINKS,
        today.window.end,
    )
    assert frozen == count
    return today.id


def receipts(batch: list[Recipient], outcome: Outcome = Outcome.ACCEPTED) -> list[Receipt]:
    return [Receipt(recipient, outcome, "said so") for recipient in batch]


def open_queue(database: Database, edition: str) -> ClaimQueue:
    return database.recipients.open_claim_queue(edition, make_recipient)


def take_turn(database: Database, edition: str, given: Sequence[Receipt], size: int) -> tuple[str, list[Recipient]]:
    """Record and claim one batch: its segment and its recipients."""
    with database.hold("daily"):
        claims = open_queue(database, edition).record_and_claim(
            given, (), batches=1 if size else 0, batch_size=size, limit=1000, now=NOW
        )
    return (claims[0].segment, list(claims[0].recipients)) if claims else ("", [])
