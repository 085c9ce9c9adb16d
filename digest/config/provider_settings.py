"""The settings of each provider: its table in digest.toml, key by key. Secrets are not among them.

A new provider needs a subclass of `Settings` here, a module in `digest/delivery/providers/`, and a case in
`digest.delivery.registry.open_provider`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]
Port = Annotated[int, Meta(ge=0, le=65535)]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s/]+\S*$", title="URL", examples=["https://api.example.com"])]
Domain = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", title="domain", examples=["mg.example.com"])]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider's table, and what holds for that provider whatever its table says."""

    name: ClassVar[str]
    """The value of `[delivery] provider`, and the name of the provider's table and module."""
    label: ClassVar[str] = ""
    """The provider's own spelling of its name."""
    secret_variable: ClassVar[str] = ""
    """The environment variable of its secret, empty if it has none."""
    connections: ClassVar[int] = 1
    """How many connections are used at once unless `[delivery] connections` says otherwise."""

    @property
    def login(self) -> str:
        """What the secret is needed to do, for messages; empty if it is not needed."""
        return f"send through {self.label}" if self.secret_variable else ""


class MaildirSettings(Settings, frozen=True):
    """A local outbox: a maildir in `folder`, created if it does not exist."""

    name = "maildir"

    folder: Path = Path("outbox")


class DkimSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What mails are signed with: the key in `key_file`, whose public half is at `selector`._domainkey.`domain`."""

    domain: str
    selector: str
    key_file: Path


class SmtpSettings(Settings, frozen=True):
    """An SMTP server. `port` 0 means 587 for starttls, 465 for tls, 25 for plain; no login without `username`.

    With `dkim`, which the table [dkim] fills, mails are signed before they go out.
    """

    name = "smtp"
    secret_variable = "DIGEST_SMTP_PASSWORD"
    connections = 4

    host: str = "localhost"
    port: Port = 0
    security: Literal["starttls", "tls", "plain", "none"] = "starttls"
    """`none` becomes `plain`: the two words mean the same."""
    username: str = ""
    timeout: Seconds = 30.0
    dkim: DkimSettings | None = None

    def __post_init__(self) -> None:
        if self.security == "none":
            msgspec.structs.force_setattr(self, "security", "plain")

    @property
    def login(self) -> str:
        """A password is needed only with a username."""
        return f"log in to {self.host}" if self.username else ""


class SendGridSettings(Settings, frozen=True):
    """SendGrid's v3 API; another `host` is for tests. Timeout in seconds."""

    name = "sendgrid"
    label = "SendGrid"
    secret_variable = "SENDGRID_API_KEY"
    connections = 4

    host: Url = "https://api.sendgrid.com"
    timeout: Seconds = 30.0


class SesSettings(Settings, frozen=True):
    """Amazon SES; credentials are found as by every AWS program, and so is the region if it is left out.

    Another `endpoint` is for tests. Timeout in seconds.
    """

    name = "ses"
    label = "Amazon SES"
    connections = 4

    region: str = ""
    configuration_set: str = ""
    endpoint: Url = ""
    timeout: Seconds = 30.0


class MailgunSettings(Settings, frozen=True):
    """Mailgun's API: the sending `domain` as it is named there, in the region where it was created.

    Another `host` is for tests. Timeout in seconds.
    """

    name = "mailgun"
    label = "Mailgun"
    secret_variable = "MAILGUN_API_KEY"
    connections = 4

    domain: Domain = ""
    region: Literal["us", "eu"] = "us"
    host: Url = ""
    timeout: Seconds = 30.0


class PostmarkSettings(Settings, frozen=True):
    """Postmark's API: the `stream` is a message stream for broadcasts; another `host` is for tests.

    Timeout in seconds.
    """

    name = "postmark"
    label = "Postmark"
    secret_variable = "POSTMARK_SERVER_TOKEN"
    connections = 2  # each holds up to 50 MB of mails

    stream: str = "broadcast"
    host: Url = "https://api.postmarkapp.com"
    timeout: Seconds = 60.0


class ResendSettings(Settings, frozen=True):
    """Resend's API; another `host` is for tests. Timeout in seconds."""

    name = "resend"
    label = "Resend"
    secret_variable = "RESEND_API_KEY"
    connections = 1  # a team may make five requests per second in all

    host: Url = "https://api.resend.com"
    timeout: Seconds = 30.0


PROVIDERS: dict[str, type[Settings]] = {settings.name: settings for settings in Settings.__subclasses__()}
"""The settings of every provider, by the value of `[delivery] provider`."""
