"""What each provider must be told: its table in digest.toml, key by key. Secrets are not among them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]
Port = Annotated[int, Meta(ge=0, le=65535)]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s/]+\S*$", title="web address", examples=["https://api.example.com"])]
Domain = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", title="domain", examples=["mg.example.com"])]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider's table, and what is true of that provider whatever its table says."""

    name: ClassVar[str]
    """What `[delivery] provider` and its module are called."""
    secret: ClassVar[str] = ""
    """The environment's name for its secret, empty if it has none."""
    connections: ClassVar[int] = 1
    """How many it is sent through at once unless `[delivery] connections` says otherwise."""

    @property
    def login(self) -> str:
        """What the secret is wanted for, in words; empty where there is no need of it."""
        return ""


class MaildirSettings(Settings, frozen=True):
    """A local outbox: a maildir in `folder`, made when it is not there."""

    name = "maildir"

    folder: Path = Path("outbox")


class DkimSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What mails are signed with: the key in `key_file`, whose other half is at `selector`._domainkey.`domain`."""

    domain: str
    selector: str
    key_file: Path


class SmtpSettings(Settings, frozen=True):
    """An SMTP server. `port` 0 means 587 for starttls, 465 for tls, 25 for plain; no login without `username`.

    With `dkim`, which the table [dkim] fills, mails are signed before they go out.
    """

    name = "smtp"
    secret = "DIGEST_SMTP_PASSWORD"  # noqa: S105 - the name of one
    connections = 4

    host: str = "localhost"
    port: Port = 0
    security: Literal["starttls", "tls", "plain"] = "starttls"
    username: str = ""
    timeout: Seconds = 30.0
    dkim: DkimSettings | None = None

    @property
    def login(self) -> str:
        """A password is wanted only with a username."""
        return f"log in to {self.host}" if self.username else ""


class SendGridSettings(Settings, frozen=True):
    """SendGrid's v3 API; another `host` is for trials. Timeout in seconds."""

    name = "sendgrid"
    secret = "SENDGRID_API_KEY"  # noqa: S105 - the name of one
    connections = 4

    host: Url = "https://api.sendgrid.com"
    timeout: Seconds = 30.0

    @property
    def login(self) -> str:
        """Every request carries the key."""
        return "send through SendGrid"


class MailgunSettings(Settings, frozen=True):
    """Mailgun's API: the sending `domain` as it is named there, in the region where it was made.

    Another `host` is for trials. Timeout in seconds.
    """

    name = "mailgun"
    secret = "MAILGUN_API_KEY"  # noqa: S105 - the name of one
    connections = 4

    domain: Domain = ""
    region: Literal["us", "eu"] = "us"
    host: Url = ""
    timeout: Seconds = 30.0

    @property
    def login(self) -> str:
        """Every request carries the key."""
        return "send through Mailgun"


class PostmarkSettings(Settings, frozen=True):
    """Postmark's API: the `stream` is a message stream for broadcasts; another `host` is for trials.

    Timeout in seconds.
    """

    name = "postmark"
    secret = "POSTMARK_SERVER_TOKEN"  # noqa: S105 - the name of one
    connections = 2  # each holds up to 50 MB of mails

    stream: str = "broadcast"
    host: Url = "https://api.postmarkapp.com"
    timeout: Seconds = 60.0

    @property
    def login(self) -> str:
        """Every request carries the token."""
        return "send through Postmark"


class ResendSettings(Settings, frozen=True):
    """Resend's API; another `host` is for trials. Timeout in seconds."""

    name = "resend"
    secret = "RESEND_API_KEY"  # noqa: S105 - the name of one
    connections = 1  # a team has five requests a second in all

    host: Url = "https://api.resend.com"
    timeout: Seconds = 30.0

    @property
    def login(self) -> str:
        """Every request carries the key."""
        return "send through Resend"


class SesSettings(Settings, frozen=True):
    """Amazon SES; who may send is found as by every AWS program, and so is the region where it is left out.

    Another `endpoint` is for trials. Timeout in seconds.
    """

    name = "ses"
    connections = 4

    region: str = ""
    configuration_set: str = ""
    endpoint: Url = ""
    timeout: Seconds = 30.0


PROVIDERS: dict[str, type[Settings]] = {
    settings.name: settings
    for settings in (
        MaildirSettings,
        SmtpSettings,
        SendGridSettings,
        SesSettings,
        MailgunSettings,
        PostmarkSettings,
        ResendSettings,
    )
}
"""The settings of each provider, by the name that `[delivery] provider` has for it."""
