"""Which class implements each provider. A new provider is one file in `providers/`, its settings, and one case here.

A provider's module is imported when the provider is first opened, so nobody loads the libraries of the others.
"""

from __future__ import annotations

from digest.config.provider_settings import (
    MaildirSettings,
    MailgunSettings,
    PostmarkSettings,
    ResendSettings,
    SendGridSettings,
    SesSettings,
    Settings,
    SmtpSettings,
)
from digest.delivery.pool import Pool, ThreadPool
from digest.delivery.provider import Provider


def open_provider(settings: Settings, secret: str = "") -> Provider:
    """Return a provider with a connection of its own, to be used as a context manager by one thread.

    Raises:
        ConfigError: a setting or a package is missing.
        DeliveryError: the secret or a setting cannot be valid.
    """
    provider: Provider
    match settings:
        case MaildirSettings():
            from digest.delivery.providers.maildir import MaildirProvider

            provider = MaildirProvider(settings, secret)
        case SmtpSettings():
            from digest.delivery.providers.smtp import SmtpProvider

            provider = SmtpProvider(settings, secret)
        case SendGridSettings():
            from digest.delivery.providers.sendgrid import SendGridProvider

            provider = SendGridProvider(settings, secret)
        case SesSettings():
            from digest.delivery.providers.ses import SesProvider

            provider = SesProvider(settings, secret)
        case MailgunSettings():
            from digest.delivery.providers.mailgun import MailgunProvider

            provider = MailgunProvider(settings, secret)
        case PostmarkSettings():
            from digest.delivery.providers.postmark import PostmarkProvider

            provider = PostmarkProvider(settings, secret)
        case ResendSettings():
            from digest.delivery.providers.resend import ResendProvider

            provider = ResendProvider(settings, secret)
        case _:
            raise TypeError(f"no provider for {type(settings).__name__}")
    return provider


def open_pool(settings: Settings, secret: str, connections: int) -> Pool:
    """Return a pool of connections to a provider. Raises as `open_provider`.

    SMTP has a pool of its own, in one thread; the other providers send from a thread for each connection.
    """
    if isinstance(settings, SmtpSettings):
        from digest.delivery.smtp.pool import SmtpPool

        return SmtpPool(settings, secret, connections)
    return ThreadPool([open_provider(settings, secret) for _ in range(connections)])
