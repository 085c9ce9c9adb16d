"""Messages and recipients to send, and the providers to send them through."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.delivery import Settings, message_headers, message_id, open_provider
from digest.models import InlineImage, MergeField, Message, Publication, Receipt, Recipient
from tests.servers.api import serving
from tests.servers.mailgun import MailgunServer
from tests.servers.postmark import PostmarkServer
from tests.servers.resend import ResendServer
from tests.servers.ses import SesServer

SENDER = "The Gazette <news@example.com>"
MERGE_FIELDS = tuple(
    MergeField(name, f"xtok{index}{form[0]}x", form)
    for index, name in enumerate(("email", "name", "unsubscribe_url"))
    for form in ("html", "text")
)


def make_message(**fields: Any) -> Message:
    told: dict[str, Any] = {
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
    return Message(**{**told, **fields})


def make_recipient(email: str = "ada@example.com", name: str = "Ada <b>") -> Recipient:
    values = {"email": email, "name": name, "unsubscribe_url": f"https://www.example.com/leave?e={email}&x=1"}
    return Recipient(email, message_id("2026-11-23-daily", email, SENDER), values)


@pytest.fixture
def message() -> Callable[..., Message]:
    return make_message


@pytest.fixture
def recipient() -> Callable[..., Recipient]:
    return make_recipient


@pytest.fixture
def picture() -> InlineImage:
    return InlineImage("abc@digest", "ferry.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))


@pytest.fixture
def send() -> Callable[..., list[Receipt]]:
    """Sends a message to recipients in batches through one connection."""

    def sent(settings: Settings, message: Message, *recipients: Recipient, secret: str = "SG.good") -> list[Receipt]:
        with open_provider(settings, secret) as opened:
            receipts: list[Receipt] = []
            for start in range(0, len(recipients), opened.batch_size):
                receipts += opened.send(message, recipients[start : start + opened.batch_size])
            return receipts

    return sent


# --- providers with an API --------------------------------------------------------------------------------------------


@pytest.fixture
def mailgun_server() -> Iterator[MailgunServer]:
    with serving(MailgunServer()) as server:
        yield server


@pytest.fixture
def postmark_server() -> Iterator[PostmarkServer]:
    with serving(PostmarkServer()) as server:
        yield server


@pytest.fixture
def resend_server() -> Iterator[ResendServer]:
    with serving(ResendServer()) as server:
        yield server


@pytest.fixture
def ses_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SesServer]:
    """Amazon SES, with credentials for it in the environment and none elsewhere."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "good",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    with serving(SesServer()) as server:
        yield server
