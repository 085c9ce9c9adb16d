"""Fixtures for delivery: a message, recipients, and the APIs of providers on loopback."""

from collections.abc import Iterator

import pytest

from digest.delivery import Settings, open_provider
from digest.models import InlineImage, Message, Receipt, Recipient
from tests.delivery.sample import Make, Reader, Send, make_message, make_recipient
from tests.servers.api import serving
from tests.servers.mailgun import MailgunServer
from tests.servers.postmark import PostmarkServer
from tests.servers.resend import ResendServer
from tests.servers.ses import SesServer


@pytest.fixture
def message() -> Make:
    return make_message


@pytest.fixture
def recipient() -> Reader:
    return make_recipient


@pytest.fixture
def picture() -> InlineImage:
    return InlineImage("abc@digest", "ferry.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))


@pytest.fixture
def send() -> Send:
    """Sends a message to recipients in batches on one connection."""

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
