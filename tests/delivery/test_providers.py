"""The contract of every provider."""

import logging
import mailbox
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digest.delivery import (
    MaildirSettings,
    MailgunSettings,
    PostmarkSettings,
    ResendSettings,
    SendGridSettings,
    SesSettings,
    Settings,
    SmtpSettings,
    open_provider,
)
from digest.models import InlineImage, Outcome
from tests.delivery.sample import Make, Reader, Send, outcomes

Provider = tuple[Settings, Callable[[], list[str]]]
"""A provider's settings, and a function that returns the recipients it has delivered to."""


@pytest.fixture(params=["maildir", "smtp", "sendgrid", "ses", "mailgun", "postmark", "resend"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Provider:
    if request.param == "maildir":
        folder = tmp_path / "outbox"
        return MaildirSettings(folder), lambda: [mail["To"] for mail in mailbox.Maildir(folder, create=False)]
    if request.param == "smtp":
        smtp = request.getfixturevalue("smtp_server")
        return SmtpSettings("127.0.0.1", smtp.port, "plain"), lambda: smtp.handler.recipients
    server = request.getfixturevalue(f"{request.param}_server")
    settings: dict[str, Settings] = {
        "sendgrid": SendGridSettings(server.url),
        "ses": SesSettings("eu-west-1", endpoint=server.url),
        "mailgun": MailgunSettings("mg.example.com", host=server.url),
        "postmark": PostmarkSettings(host=server.url),
        "resend": ResendSettings(server.url),
    }
    if request.param != "ses":
        server.key = "SG.good"
    return settings[request.param], lambda: [mail["to"] for mail in server.mails]


def test_each_recipient_has_a_receipt_in_order(
    send: Send, provider: Provider, message: Make, recipient: Reader
) -> None:
    settings, delivered = provider
    people = [recipient(f"reader{number}@example.com") for number in range(5)]
    receipts = send(settings, message(), *people)
    assert [receipt.recipient for receipt in receipts] == people
    assert outcomes(receipts) == ["accepted"] * 5
    assert len(delivered()) == 5


def test_a_local_part_beyond_ascii_is_refused_and_the_rest_go_out(
    send: Send, provider: Provider, message: Make, recipient: Reader
) -> None:
    settings, delivered = provider
    people = [recipient("a@example.com"), recipient("zoë@example.com"), recipient("b@bücher.example")]
    receipts = send(settings, message(), *people)
    assert outcomes(receipts) == ["accepted", "refused", "accepted"]
    assert "SMTPUTF8" in receipts[1].detail
    assert len(delivered()) == 2


def test_an_unsubscribe_link_that_is_not_valid_is_refused_and_the_rest_go_out(
    send: Send, provider: Provider, message: Make, recipient: Reader
) -> None:
    settings, delivered = provider
    ada = recipient("a@example.com")
    broken = replace(ada, values={**ada.values, "unsubscribe_url": f"https://{'ü' * 80}.example/"})
    receipts = send(settings, message(), broken, recipient("b@example.com"))
    assert outcomes(receipts) == ["refused", "accepted"]
    assert "is not a valid domain" in receipts[0].detail
    assert len(delivered()) == 1


def test_pictures_are_sent(
    send: Send, provider: Provider, message: Make, recipient: Reader, picture: InlineImage
) -> None:
    settings, delivered = provider
    assert outcomes(send(settings, message(images=(picture,)), recipient())) == ["accepted"]
    assert len(delivered()) == 1


def test_a_check_sends_nothing(provider: Provider) -> None:
    settings, delivered = provider
    with open_provider(settings, "SG.good") as opened:
        opened.check()
    assert not isinstance(settings, MaildirSettings) or not settings.folder.exists()
    if not isinstance(settings, MaildirSettings):
        assert delivered() == []


def test_the_debug_log_shows_what_is_sent_and_no_secret(
    send: Send,
    provider: Provider,
    message: Make,
    recipient: Reader,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings, _ = provider
    monkeypatch.setenv("AWS_SESSION_TOKEN", "hush")
    caplog.set_level(logging.DEBUG)  # of every library
    send(settings, message(), recipient())
    ours = [record for record in caplog.records if record.name.startswith("digest.delivery.")]
    assert bool(ours) is (settings.name != "maildir")
    assert all(record.levelno == logging.DEBUG for record in ours)
    assert "SG.good" not in caplog.text
    assert "hush" not in caplog.text


def test_outcomes_have_the_names_that_the_ledger_stores() -> None:
    assert {outcome.value for outcome in Outcome} == {"accepted", "refused", "deferred", "in_doubt"}
