"""The providers' tables."""

from pathlib import Path

import pytest

from digest import config
from digest.config.provider_settings import PROVIDERS, MailgunSettings, SesSettings, SmtpSettings
from digest.delivery import open_provider
from digest.models import Message, Outcome, Recipient
from tests.servers.smtp import SmtpServer


def test_every_provider_is_known_by_its_name() -> None:
    assert list(PROVIDERS) == ["maildir", "smtp", "sendgrid", "ses", "mailgun", "postmark", "resend"]
    assert all(settings.name == name for name, settings in PROVIDERS.items())


def test_what_a_secret_is_needed_for() -> None:
    assert MailgunSettings().login == "send through Mailgun"
    assert SmtpSettings("mail.example.com", username="news").login == "log in to mail.example.com"
    assert SmtpSettings().login == SesSettings().login == ""


@pytest.mark.parametrize("security", ["none", "plain"])
def test_smtp_without_encryption_is_called_none_or_plain(
    tmp_path: Path, smtp_server: SmtpServer, security: str
) -> None:
    file = tmp_path / "digest.toml"
    file.write_text(
        f"""
        [publication]
        name = "The Gazette"
        [delivery]
        provider = "smtp"
        [delivery.smtp]
        host = "127.0.0.1"
        port = {smtp_server.port}
        security = "{security}"
        """,
        encoding="utf-8",
    )
    loaded = config.load(file, {})
    message = Message("The ferry is back", "<p>It is.</p>", "It is.", headers=(("From", "news@example.com"),))
    with open_provider(loaded.delivery.provider) as provider:
        receipts = provider.send(message, [Recipient("ada@example.com", "1@example.com", {})])
    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED]
    assert smtp_server.handler.recipients == ["ada@example.com"]
