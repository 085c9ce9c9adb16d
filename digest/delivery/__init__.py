"""How mail goes out. Each provider is one file in `providers/`, its settings in `settings.py`, and one line here."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from digest.config.provider_settings import (
    DkimSettings,
    MaildirSettings,
    MailgunSettings,
    PostmarkSettings,
    ResendSettings,
    SendGridSettings,
    SesSettings,
    Settings,
    SmtpSettings,
)
from digest.delivery.headers import message_headers, message_id
from digest.delivery.mime import to_mail
from digest.delivery.pool import Pool, Threads
from digest.delivery.provider import Provider
from digest.delivery.rate_limit import Backoff, RateLimiter, rate_on

__all__ = [
    "Backoff",
    "DkimSettings",
    "MaildirSettings",
    "MailgunSettings",
    "Pool",
    "PostmarkSettings",
    "RateLimiter",
    "ResendSettings",
    "SendGridSettings",
    "SesSettings",
    "Settings",
    "SmtpSettings",
    "message_headers",
    "message_id",
    "open_pool",
    "open_provider",
    "rate_on",
    "to_mail",
]


def open_provider(settings: Settings, secret: str = "") -> Provider:
    """A provider with a connection of its own, to be used as a context manager by one thread."""
    provider: Provider = _module(settings).open_provider(settings, secret)
    return provider


def open_pool(settings: Settings, secret: str, connections: int) -> Pool:
    """Several connections to a provider: its own kind of Pool where its module has one, else threads."""
    module = _module(settings)
    if not hasattr(module, "open_pool"):
        return Threads([open_provider(settings, secret) for _ in range(connections)])
    pool: Pool = module.open_pool(settings, secret, connections)
    return pool


def _module(settings: Settings) -> ModuleType:
    """A provider's module, imported when it is first asked for."""
    return import_module(f"digest.delivery.providers.{settings.name}")
