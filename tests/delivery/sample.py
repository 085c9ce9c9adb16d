"""A message and recipients to send, and the types of the fixtures that make them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from digest.delivery import message_headers, message_id, sender_domain
from digest.models import MergeField, Message, Publication, Receipt, Recipient

Make = Callable[..., Message]
Reader = Callable[..., Recipient]
Send = Callable[..., list[Receipt]]

SENDER = "The Gazette <news@example.com>"
MERGE_FIELDS = tuple(
    MergeField(name, f"xtok{index}{form[0]}x", form)
    for index, name in enumerate(("email", "name", "unsubscribe_url"))
    for form in ("html", "text")
)


def make_message(**fields: Any) -> Message:
    defaults: dict[str, Any] = {
        "subject": "The ferry is back",
        "html": "<!DOCTYPE html><html><body><p>Zoë: xtok1hx</p><a href='xtok2hx'>leave</a></body></html>",
        "text": "Zoë: xtok1tx\nLeave: xtok2tx\n",
        "merge_fields": MERGE_FIELDS,
        "headers": message_headers(
            sender=SENDER,
            reply_to="",
            publication=Publication("The Gazette", url="https://www.example.com"),
            cadence="daily",
            date=datetime(2026, 11, 23, 7, tzinfo=UTC),
            unsubscribe_mailto="leave@example.com",
            unsubscribe_https="xtok2tx",
        ),
    }
    return Message(**{**defaults, **fields})


def make_recipient(email: str = "ada@example.com", name: str = "Ada <b>") -> Recipient:
    values = {"email": email, "name": name, "unsubscribe_url": f"https://www.example.com/leave?e={email}&x=1"}
    return Recipient(email, message_id("2026-11-23-daily", email, sender_domain(SENDER)), values)


def make_recipients(count: int) -> list[Recipient]:
    return [make_recipient(f"reader{number}@example.com", f"Reader {number}") for number in range(count)]


def outcomes(receipts: Sequence[Receipt]) -> list[str]:
    return [receipt.outcome.value for receipt in receipts]
