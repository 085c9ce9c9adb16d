"""How mail goes out. Each provider is one file in `providers/`, and one line here."""

from __future__ import annotations

from importlib import import_module

from digest.delivery.headers import message_headers, message_id
from digest.delivery.mime import to_mail
from digest.delivery.pace import Pace
from digest.delivery.settings import MaildirSettings, SendGridSettings, Settings, SmtpSettings
from digest.models import Provider

PROVIDERS: dict[type, str] = {
    MaildirSettings: "digest.delivery.providers.maildir",
    SmtpSettings: "digest.delivery.providers.smtp",
    SendGridSettings: "digest.delivery.providers.sendgrid",
}
"""The settings of each provider and the module that sends with them, imported when one is opened."""

__all__ = [
    "PROVIDERS",
    "MaildirSettings",
    "Pace",
    "SendGridSettings",
    "Settings",
    "SmtpSettings",
    "message_headers",
    "message_id",
    "open_provider",
    "to_mail",
]


def open_provider(settings: Settings) -> Provider:
    """The provider for these settings, to be used as a context manager."""
    provider: Provider = import_module(PROVIDERS[type(settings)]).open_provider(settings)
    return provider
