"""A newsroom in a folder, as the tests write it, configure it and run it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest import config as configuration
from digest.models import Problem
from digest.sending.report import Report
from digest.sending.send import send
from digest.sending.send_run import SendRun
from tests.servers.sendgrid import SendGridServer
from tests.servers.smtp import SmtpServer

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Gazette</title>
<link>https://www.example.com/</link>
<item><title>The ferry is back</title><link>https://www.example.com/ferry</link><category>City</category>
<dc:creator>Zoë Brandão</dc:creator><pubDate>Mon, 23 Nov 2026 05:00:00 GMT</pubDate>
<description>After eleven years ashore it crossed the harbour again.</description></item>
<item><title>A comet over the harbour</title><link>https://www.example.com/comet</link><category>SciTech</category>
<pubDate>Mon, 23 Nov 2026 04:00:00 GMT</pubDate><description>You need no telescope.</description></item>
</channel></rss>
"""

CONFIG = """\
[publication]
name = "The Gazette"
url = "https://www.example.com"
postal_address = "1 Quay Street, Example City"

[sections]
order = ["City", "Science"]
names = { SciTech = "Science" }

[[sources]]
type = "feed"
name = "feed"
path = "feed.xml"

[delivery]
from = "The Gazette <news@example.com>"

[audience]
unsubscribe_url = "https://www.example.com/leave?t={token}"
unsubscribe_mailto = "leave@example.com"
"""


@dataclass
class NewsroomFolder:
    """A newsroom on disk: `write` its files, change its configuration, and read the mails in its outbox."""

    path: Path
    monkeypatch: pytest.MonkeyPatch

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def configure(self, *changes: tuple[str, str], more: str = "") -> None:
        text = CONFIG
        for old, new in changes:
            assert old in text, f"{old!r} is not in the configuration"
            text = text.replace(old, new)
        self.write("digest.toml", text + more)

    def subscribe(self, *rows: str, header: str = "email,name,categories,cadence,timezone,language,status") -> None:
        self.write("subscribers.csv", "\n".join([header, *rows]) + "\n")

    def through_smtp(self, server: SmtpServer, *changes: tuple[str, str], options: str = "", timeout: int = 30) -> None:
        """Send through a server; `options` are lines of [delivery]."""
        table = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "plain"\ntimeout = {timeout}\n'
        self.configure(("[delivery]\n", f'[delivery]\nprovider = "smtp"\n{options}'), *changes, more=table)

    def through_sendgrid(self, server: SendGridServer, *, options: str = "", timeout: int = 30) -> None:
        """Send through the SendGrid server; `options` are lines of [delivery]."""
        self.monkeypatch.setenv("SENDGRID_API_KEY", server.key)
        table = f'[delivery.sendgrid]\nhost = "{server.url}"\ntimeout = {timeout}\n'
        self.configure(("[delivery]\n", f'[delivery]\nprovider = "sendgrid"\n{options}'), more=table)

    def run(self, now: datetime = NOW, **options: Any) -> tuple[SendRun, list[Problem]]:
        """A daily run at a moment, and the list that the problems it reports are added to."""
        problems: list[Problem] = []
        loaded = configuration.load(self.path / "digest.toml")
        return SendRun(loaded, "daily", now, lambda: now, problems.append, **options), problems

    def send(self, now: datetime = NOW, **options: Any) -> Report:
        """The last report of a daily run."""
        return list(send(self.run(now, **options)[0]))[-1]

    def mails(self) -> list[bytes]:
        """The mails in the outbox, the oldest first."""
        files = sorted((self.path / "outbox" / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        return [file.read_bytes() for file in files]
