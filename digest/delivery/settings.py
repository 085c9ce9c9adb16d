"""What each provider must be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class MaildirSettings:
    """A local outbox: a maildir in `folder`, made when it is not there."""

    folder: Path


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """An SMTP server. `port` 0 means 587 for starttls, 465 for tls, 25 for plain; no login without `username`."""

    host: str
    port: int = 0
    security: Literal["starttls", "tls", "plain"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class SendGridSettings:
    """SendGrid's v3 API; another `host` is for trials. Timeout in seconds."""

    api_key: str = field(repr=False)
    host: str = "https://api.sendgrid.com"
    timeout: float = 30.0


Settings = MaildirSettings | SmtpSettings | SendGridSettings
