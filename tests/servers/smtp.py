"""An SMTP server on loopback that keeps the mails it accepts, and fails in every way a test asks for."""

import asyncio
import socket
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class SmtpHandler:
    """Keeps the mails it accepts, and those it accepts them for; the other fields make it fail."""

    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    """Answers to RCPT by address."""
    refuse_times: int = 0
    """How often to refuse an address before accepting it; 0 refuses it every time."""
    refused: Counter[str] = field(default_factory=Counter)
    at_mail: str = ""
    """The answer to MAIL."""
    after_data: str = ""
    """The answer after the mail's last byte, or `hang up`."""
    mood: Callable[[], str] = lambda: ""
    """What happens to the next mail: `lose`, `hang`, `take and hang`, `take and hang up` or `defer`; empty to accept
    it."""
    hang_up_after: int = 0
    """Close the connection after this many mails, as servers with a limit per connection do."""
    mails_a_session: int = 0
    """Defer MAIL after this many in one connection; 0 for no limit."""
    sessions_at_most: int = 0
    """How many connections may send; 0 for any number."""
    sessions: Counter[str] = field(default_factory=Counter)

    utf8: bool = False
    """Whether to offer SMTPUTF8 (RFC 6531)."""
    pipelining: bool = True
    """Whether to offer PIPELINING (RFC 2920)."""

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
    """Cut every connection and stop listening for this many seconds."""


def _login(_s: SMTP, _n: Session, _e: Envelope, _m: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and data == LoginPassword(b"news", b"hush")
    return AuthResult(success=good, handled=False)


class LoopbackController(Controller):
    """Serves on a socket that is bound already: nobody else can take its port before the server listens."""

    def __init__(self, handler: SmtpHandler, port: int, tls_context: ssl.SSLContext | None) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        super().__init__(
            handler,
            hostname="127.0.0.1",
            port=self._socket.getsockname()[1],
            authenticator=_login,
            auth_require_tls=False,
            tls_context=tls_context,
            require_starttls=tls_context is not None,
            ready_timeout=5,
        )

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)


@contextmanager
def serve_smtp(tls_context: ssl.SSLContext | None = None) -> Iterator[SmtpServer]:
    """A server that accepts the user `news` with the password `hush`, and clients that do not log in.

    With `tls_context` it accepts mail only after STARTTLS.
    """
    handler = SmtpHandler()

    def start(port: int) -> LoopbackController:
        controller = LoopbackController(handler, port, tls_context)
        controller.start()
        return controller

    controller = start(0)

    def die(seconds: float) -> None:
        nonlocal controller
        controller.stop()
        time.sleep(seconds)
        controller = start(controller.port)

    try:
        yield SmtpServer(handler, controller.port, die)
    finally:
        controller.stop()
