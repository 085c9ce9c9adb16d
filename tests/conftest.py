"""What tests share: a newsroom in a folder, and real servers on loopback that it sends through."""

import asyncio
import base64
import json
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from hypothesis import settings

from digest import config as configuration
from digest.models import Problem
from digest.sending.report import Report
from digest.sending.send import send
from digest.sending.send_run import SendRun

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
POSTGRES = os.environ.get("DIGEST_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")

# How long an example takes says something of the machine, not of the code.
settings.register_profile("digest", deadline=None)
settings.load_profile("digest")

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
    """A newsroom on disk: `write` its files, change its `config`, and read the mails in its outbox."""

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

    def through_smtp(
        self, server: "SmtpServer", *changes: tuple[str, str], options: str = "", timeout: int = 30
    ) -> None:
        """Send through a server; `options` are lines of [delivery]."""
        table = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "plain"\ntimeout = {timeout}\n'
        self.configure(("[delivery]\n", f'[delivery]\nprovider = "smtp"\n{options}'), *changes, more=table)

    def through_sendgrid(self, server: "SendGridServer", *, options: str = "", timeout: int = 30) -> None:
        """Send through SendGrid's stand-in; `options` are lines of [delivery]."""
        self.monkeypatch.setenv("SENDGRID_API_KEY", server.key)
        table = f'[delivery.sendgrid]\nhost = "{server.url}"\ntimeout = {timeout}\n'
        self.configure(("[delivery]\n", f'[delivery]\nprovider = "sendgrid"\n{options}'), more=table)

    def run(self, now: datetime = NOW, **options: Any) -> tuple[SendRun, list[Problem]]:
        """A daily run at a moment, and the list of what it tells of."""
        told: list[Problem] = []
        loaded = configuration.load(self.path / "digest.toml")
        return SendRun(loaded, "daily", now, lambda: now, told.append, lambda _done, _all: None, **options), told

    def send(self, now: datetime = NOW, **options: Any) -> Report:
        """The last report of a daily run."""
        return list(send(self.run(now, **options)[0]))[-1]

    def mails(self) -> list[bytes]:
        """The mails in the outbox, the oldest first."""
        files = sorted((self.path / "outbox" / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        return [file.read_bytes() for file in files]


@pytest.fixture
def newsroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NewsroomFolder:
    """A newsroom that works: one feed with two stories of 23 November 2026, three readers, an outbox."""
    folder = NewsroomFolder(tmp_path / "gazette", monkeypatch)
    folder.path.mkdir()
    folder.write("feed.xml", FEED)
    folder.configure()
    folder.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji,Science", "zoe@example.net,Zoë,Sport")
    monkeypatch.chdir(folder.path)
    monkeypatch.setenv("DIGEST_SECRET_KEY", "for tests only")
    for name in ("SENDGRID_API_KEY", "DIGEST_SMTP_PASSWORD", "DIGEST_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A fresh database on a real PostgreSQL server."""
    try:
        server = psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at {POSTGRES}: {error}")
    name = f"digest_{uuid4().hex}"
    with server:
        server.execute(f'create database "{name}"')
        yield f"{POSTGRES}/{name}"
        server.execute(f'drop database "{name}" with (force)')


# --- SMTP -------------------------------------------------------------------------------------------------------------


@dataclass
class SmtpHandler:
    """Keeps the mails it is given; `refuse` and `answers` say what it does instead."""

    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    """Answers to RCPT by address."""
    refuse_times: int = 0
    """How often to answer so before taking the address after all, 0 for ever."""
    refused: Counter[str] = field(default_factory=Counter)
    at_mail: str = ""
    after_data: str = ""
    """An answer after the mail's last byte, or `hang up`."""
    mood: Callable[[], str] = lambda: ""
    """What is done with the next mail: `lose`, `hang`, `take and hang`, `take and hang up` and `defer`, or nothing to
    take it as usual."""
    hang_up_after: int = 0
    """Close the connection after so many mails, as servers do that take only a few each time."""
    mails_a_session: int = 0
    """Refuse MAIL for now after so many in one connection, 0 for never."""
    sessions_at_most: int = 0
    """Connections that may send, 0 for any number."""
    sessions: Counter[str] = field(default_factory=Counter)

    utf8: bool = False
    """Whether to say that addresses may be beyond ASCII."""
    pipelining: bool = True
    """Whether to say that several commands may come in one go."""

    async def handle_EHLO(self, _s: SMTP, session: Session, _e: Envelope, name: str, answers: list[str]) -> list[str]:  # noqa: N802 - aiosmtpd's name
        session.host_name = name
        offered = [answer for answer in answers if self.utf8 or answer != "250-SMTPUTF8"]
        return [*offered[:-1], *(["250-PIPELINING"] if self.pipelining else []), offered[-1]]

    async def handle_MAIL(self, _s: SMTP, session: Session, envelope: Envelope, address: str, _o: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        self.sessions[str(session.peer)] += 1
        if 0 < self.sessions_at_most <= list(self.sessions).index(str(session.peer)):
            return "421 4.7.0 too many connections"
        if 0 < self.mails_a_session < self.sessions[str(session.peer)]:
            return "452 4.4.5 too many mails in this session"
        envelope.mail_from = address
        return self.at_mail or "250 OK"

    async def handle_RCPT(self, _s: SMTP, _n: Session, envelope: Envelope, address: str, _o: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        if address in self.refuse and not 0 < self.refuse_times <= self.refused[address]:
            self.refused[address] += 1
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _n: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        mood = self.mood()
        if mood == "defer":
            return "451 4.7.1 not now"
        if mood in ("take and hang", "take and hang up"):
            self._take(envelope)
        if mood in ("hang", "take and hang"):
            await asyncio.sleep(5)
        if self.after_data == "hang up" or mood:
            assert server.transport
            server.transport.abort()  # type: ignore[attr-defined]  # a socket has it, a BaseTransport need not
            return "250 too late"
        if self.after_data:
            return self.after_data
        self._take(envelope)
        if self.hang_up_after and len(self.mails) % self.hang_up_after == 0:
            assert server.transport
            server.loop.call_soon(server.transport.close)  # once the answer is written, before the next command is read
        return "250 taken"

    def _take(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        self.recipients += envelope.rcpt_tos


@dataclass(frozen=True)
class SmtpServer:
    handler: SmtpHandler
    port: int
    die: Callable[[float], None]
    """Cut every connection and be gone for so many seconds."""


def _login(_s: SMTP, _n: Session, _e: Envelope, _m: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data == LoginPassword(b"news", b"hush")
    return AuthResult(success=good, handled=False)


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A real SMTP server, without TLS; it lets in news with the password hush, and everyone without a login."""
    handler = SmtpHandler()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller: Controller

    def start() -> None:
        nonlocal controller
        controller = Controller(
            handler, hostname="127.0.0.1", port=port, authenticator=_login, auth_require_tls=False, ready_timeout=5
        )
        controller.start()

    def die(seconds: float) -> None:
        controller.stop()
        time.sleep(seconds)
        start()

    start()
    yield SmtpServer(handler, port, die)
    controller.stop()


# --- SendGrid ---------------------------------------------------------------------------------------------------------


def sendgrid_schema() -> dict[str, Any] | None:
    """The schema of a mail/send request, its references resolved; None where the corpus is absent."""
    folder = CORPUS / "sendgrid"
    if not folder.is_dir():
        return None
    schemas = json.loads((folder / "oai_components_schemas.json").read_text())
    paths = json.loads((folder / "oai_mail_send.json").read_text())
    schema = paths["mail_send"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    components = schemas.get("components", {}).get("schemas") or schemas.get("schemas") or schemas

    def resolved(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolved(components[node["$ref"].rpartition("/")[2]])
            return {key: resolved(value) for key, value in node.items() if key not in ("example", "examples")}
        return [resolved(item) for item in node] if isinstance(node, list) else node

    answer: dict[str, Any] = resolved(schema)
    return answer


@dataclass
class SendGridServer:
    """Speaks v3 mail/send: checks each request against the API's schema, and expands it into mails as SendGrid does."""

    url: str = ""
    key: str = "SG.good"
    requests: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    """What to answer to the next requests instead: a status, a body, and headers if any; status 0 hangs up, -1 hangs,
    and None answers as usual."""
    respond: Callable[[dict[str, Any]], tuple[int, Any] | None] = lambda _request: None
    mood: Callable[[], str] = lambda: ""
    """What is done with the next request that would be accepted: `take and hang`, `take and hang up`, `take and babble`,
    `hang`, `lose` and the number of an error; or nothing to take it as usual."""
    schema: dict[str, Any] | None = None
    scopes: list[str] = field(default_factory=lambda: ["mail.send"])
    release: threading.Event = field(default_factory=threading.Event)
    dead: bool = False
    """Hang up on every connection."""

    def die(self, seconds: float) -> None:
        """Be gone for so many seconds."""
        self.dead = True
        time.sleep(seconds)
        self.dead = False

    def answer(self, request: dict[str, Any], authorization: str) -> Any:
        self.requests.append(request)
        if self.answers and (told := self.answers.pop(0)) is not None:
            return told
        if authorization != f"Bearer {self.key}":
            return 401, _errors("The provided authorization grant is invalid, expired, or revoked")
        if self.schema:
            try:
                jsonschema.validate(request, self.schema)
            except jsonschema.ValidationError as error:
                return 400, _errors(f"{error.json_path}: {error.message}")
        if told := self.respond(request):
            return told
        return self._take(request, self.mood())

    def _take(self, request: dict[str, Any], mood: str) -> Any:
        if mood in ("lose", "hang"):
            return 0 if mood == "lose" else -1, None
        if mood.isdigit():
            return int(mood), None
        for personalization in request["personalizations"]:
            self.mails.append(_expanded(request, personalization))
        answers = {"take and hang up": (0, None), "take and hang": (-1, None), "take and babble": (204, b"what?")}
        return answers.get(mood, (202, None))


def _errors(message: str, field_name: str | None = None) -> dict[str, Any]:
    return {"errors": [{"message": message, "field": field_name, "help": None}]}


def _expanded(request: dict[str, Any], personalization: dict[str, Any]) -> dict[str, Any]:
    def substituted(text: str) -> str:
        for tag, value in personalization["substitutions"].items():
            text = text.replace(tag, value)
        return text

    assert len(personalization["to"]) == 1
    assert len(json.dumps(personalization["substitutions"]).encode()) <= 10_000
    return {
        "to": personalization["to"][0]["email"],
        "subject": substituted(request["subject"]),
        "headers": {**request.get("headers", {}), **personalization.get("headers", {})},
        "custom_args": personalization["custom_args"],
        "attachments": [base64.b64decode(item["content"]) for item in request.get("attachments", [])],
        **{part["type"]: substituted(part["value"]) for part in request["content"]},
    }


@pytest.fixture
def sendgrid_server() -> Iterator[SendGridServer]:
    """A local stand-in for SendGrid's API."""
    stand_in = SendGridServer(schema=sendgrid_schema())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/v3/mail/send"
            if stand_in.dead:
                self.give(0, None)
                return
            self.give(*stand_in.answer(body, self.headers["Authorization"]))

        def do_GET(self) -> None:
            good = self.headers["Authorization"] == f"Bearer {stand_in.key}"
            self.give(*((200, {"scopes": stand_in.scopes}) if good else (401, _errors("access denied"))))

        def give(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            if status <= 0:
                if status < 0:
                    stand_in.release.wait(10)
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"X-Message-Id": "stand-in", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield stand_in
    stand_in.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


# --- the web ----------------------------------------------------------------------------------------------------------


@dataclass
class WebServer:
    """Answers by path: a status, headers and a body; `slow` paths wait so many seconds before each part of it."""

    url: str = ""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    agents: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    down: bool = False
    """Hang up on everyone without an answer."""

    def page(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        self.pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
        return self.url + path


@pytest.fixture
def web() -> Iterator[WebServer]:
    server_of = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if server_of.down:
                return
            server_of.asked.append(self.path)
            server_of.agents.append(self.headers["User-Agent"])
            status, headers, body = server_of.pages.get(self.path, (404, {}, b"not here"))
            time.sleep(server_of.slow.get(self.path, 0))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for start in range(0, len(body), 100_000):
                    self.wfile.write(body[start : start + 100_000])
                    time.sleep(server_of.slow.get(self.path, 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # the reader had enough, which is what some tests are about

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server_of.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server_of
    server.shutdown()
    server.server_close()
    thread.join()
