"""Delivery: a Message and its Recipients become mails at a provider, with a Receipt for each.

`open_provider` and `open_pool` (registry.py) open the provider that the settings name. May import `core`, `config`,
`errors` and `models`.
"""

from __future__ import annotations

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
from digest.delivery.headers import message_headers, message_id, sender_domain
from digest.delivery.mime import to_mail
from digest.delivery.pool import Pool
from digest.delivery.provider import Provider
from digest.delivery.rate_limit import Backoff, RateLimiter, rate_on
from digest.delivery.registry import open_pool, open_provider

__all__ = [
    "Backoff",
    "DkimSettings",
    "MaildirSettings",
    "MailgunSettings",
    "Pool",
    "PostmarkSettings",
    "Provider",
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
    "sender_domain",
    "to_mail",
]
