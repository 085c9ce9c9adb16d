"""Many SMTP conversations at once in one thread: whichever server has something to say is listened to.

Threads, one a connection, would spend as much time in waiting for each other as in sending.
"""

from __future__ import annotations

import selectors
import socket
import ssl
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from queue import SimpleQueue
from smtplib import SMTP, SMTPException
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Self

from digest.config.provider_settings import SmtpSettings
from digest.delivery.dkim import signer
from digest.delivery.mime import wire_of
from digest.delivery.pool import Done
from digest.delivery.smtp.connection import connect, failure, words_of
from digest.delivery.smtp.conversation import (
    Conversation,
    LostError,
    NoMailError,
    Reply,
    Verdict,
    command_address,
    hand_over,
)
from digest.errors import DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient

_READ = 65_536
_TOGETHER = 0.0015
"""Seconds that a mail that is done waits for others, until half of those on their way are: one commit is for all."""
_CONNECTING = 3
"""Timeouts that connecting may take in all: it is several answers, each of which a server may give byte by byte."""
_GOODBYE = 2.0
"""Seconds that all servers together have to answer QUIT: nothing depends on what they say."""
_LONGEST_REPLY = 100_000
"""Bytes of one reply, all its lines: a server that goes on for longer is no mail server."""


class Lines:
    """As many connections as are wanted, each with one mail at a time: see `digest.delivery.pool.Pool`."""

    batch_size = 1

    def __init__(self, settings: SmtpSettings, password: str, connections: int) -> None:
        """Nothing is connected yet. Raises ConfigError where mails are to be signed and the key is none."""
        self._settings = settings
        self._password = password
        self._signed = signer(settings.dkim) if settings.dkim else None
        self._selector = selectors.DefaultSelector()
        # Connecting takes a while and waits on names, TLS and logins: that is done in threads, which ring when done.
        self._bell, self._rings = socket.socketpair()
        self._rings.settimeout(0)
        self._selector.register(self._rings, selectors.EVENT_READ)
        self._connected: SimpleQueue[tuple[_Line, SMTP | DeliveryError]] = SimpleQueue()
        self._free = deque(_Line() for _ in range(connections))
        self._working: set[_Line] = set()
        self._done: list[Done] = []

    @property
    def idle(self) -> int:
        """Connections that wait for a mail."""
        return len(self._free)

    @property
    def busy(self) -> int:
        """Mails that are on their way."""
        return len(self._working) + len(self._done)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take leave of the server."""
        leaving = [connection for line in self._free if (connection := line.let_go(self._selector))]
        for connection in leaving:
            with suppress(SMTPException, OSError):
                connection.putcmd("QUIT")
        ends = monotonic() + _GOODBYE
        for connection in leaving:
            if connection.sock is None:  # the server was gone, and QUIT found that out
                continue
            connection.sock.settimeout(max(0.01, ends - monotonic()))
            with suppress(OSError):
                connection.sock.recv(_READ)
            connection.close()
        for line in self._working:
            if connection := line.let_go(self._selector):
                connection.close()
        self._selector.close()
        self._bell.close()
        self._rings.close()

    def submit(self, message: Message, batch: Sequence[Recipient]) -> None:
        """Send to a recipient on a connection that is free, one that is open before one that is not."""
        (recipient,) = batch
        line = self._free.popleft()
        self._working.add(line)
        line.message, line.recipient = message, recipient
        line.kept = line.connection is not None
        if line.connection is None:
            self._open(line)
        else:
            self._begin(line)

    def finished(self, timeout: float | None = None) -> list[Done]:
        """The mails that are done, waiting for the first of them, at most `timeout` seconds, then a moment for more."""
        ends = None if timeout is None else monotonic() + timeout
        gather_until = 0.0
        while True:
            if self._done and not gather_until:
                gather_until = monotonic() + _TOGETHER
            if self._done and (len(self._done) >= len(self._working) or monotonic() >= gather_until):
                break
            limits = [line.deadline for line in self._working]
            limits += [gather_until] if self._done else [] if ends is None else [ends]
            wait = max(0.0, min(limits) - monotonic()) if limits else None
            for key, _ in self._selector.select(wait):
                if key.data is None:
                    self._answer_bell()
                else:
                    self._attend(key.data)
            now = monotonic()
            for line in [line for line in self._working if now > line.deadline]:
                if line.connection:
                    self._lost(line, "no answer in time")
                else:
                    line.abandoned = True
                    what, step = "does not get to the point of taking mail", "check [delivery.smtp] host and port"
                    self._finish(line, Done((line.recipient,), error=failure(self._settings, what, step)))
            if not self._done and ends is not None and monotonic() >= ends:
                break
        done, self._done = self._done, []
        return done

    # --- connections --------------------------------------------------------------------------------------------------

    def _open(self, line: _Line) -> None:
        line.deadline = monotonic() + _CONNECTING * self._settings.timeout

        def run() -> None:
            answer: SMTP | DeliveryError
            try:
                answer = connect(self._settings, self._password)
            except DeliveryError as error:
                answer = error
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
                what = f"cannot be spoken to: {type(error).__name__} {words_of(error)}"
                answer = failure(self._settings, what, "check [delivery.smtp]")
            self._connected.put((line, answer))
            with suppress(OSError):  # nobody waits any more
                self._bell.send(b"!")

        Thread(target=run, daemon=True).start()

    def _answer_bell(self) -> None:
        for _ in self._rings.recv(_READ):
            line, answer = self._connected.get()
            if line.abandoned:
                if isinstance(answer, SMTP):
                    answer.close()
                continue
            if isinstance(answer, DeliveryError):
                self._finish(line, Done((line.recipient,), error=answer))
                continue
            line.connection = answer
            assert answer.sock, "it was connected"
            line.sock = answer.sock
            line.sock.settimeout(0)
            self._selector.register(line.sock, selectors.EVENT_READ, line)
            self._begin(line)

    def _begin(self, line: _Line) -> None:
        assert line.connection
        wire, email = wire_of(line.message), line.recipient.email
        utf8 = line.connection.has_extn("smtputf8")
        try:
            mail, address = wire.mail(line.recipient, utf8=utf8), command_address(email, utf8=utf8)
            mail = self._signed(mail) if self._signed else mail
        except ValueError as error:
            self._free.appendleft(line)
            self._finish(line, Done((line.recipient,), [Receipt(line.recipient, Outcome.REFUSED, str(error))]))
            return
        pipelining = line.connection.has_extn("pipelining")
        line.conversation = hand_over(wire.sender, address, mail, pipelining=pipelining)
        self._advance(line, None)

    # --- conversations ------------------------------------------------------------------------------------------------

    def _advance(self, line: _Line, told: list[Reply] | LostError | None) -> None:
        """Go on with a line's conversation: with the replies it waited for, or the loss of its connection."""
        try:
            if isinstance(told, LostError):
                line.say(*line.conversation.throw(told))
            elif told is None:
                line.say(*next(line.conversation))
            else:
                line.say(*line.conversation.send(told))
        except StopIteration as stop:
            verdict: Verdict = stop.value
            if not verdict.usable or line.overheard:
                self._drop(line)
            self._free.appendleft(line)
            receipt = Receipt(line.recipient, verdict.outcome, verdict.detail)
            self._finish(line, Done((line.recipient,), [receipt]))
        except NoMailError as refusal:
            self._drop(line)
            if line.kept:  # a server takes only so many mails, or minutes, on one connection
                line.kept = False
                self._open(line)
            else:
                self._finish(line, Done((line.recipient,), error=self._no_mail(line, refusal)))
        else:
            line.deadline = monotonic() + self._settings.timeout
            self._attend(line, reading=False)

    def _attend(self, line: _Line, *, reading: bool = True) -> None:
        """Send what the connection takes, and take in what it has to tell."""
        if line.connection is None:
            return
        if line not in self._working:
            if line.hears():  # nobody asked: the server hangs up, or is about to
                self._drop(line)
            return
        try:
            before = len(line.out)
            line.send()
            waiting = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.out else 0)
            if waiting != line.waiting_for:
                self._selector.modify(line.sock, waiting, line)
                line.waiting_for = waiting
            if len(line.out) < before:
                line.deadline = monotonic() + self._settings.timeout
            replies = line.replies_in() if reading else []
        except (OSError, LostError) as error:
            self._lost(line, words_of(error))
            return
        if replies:
            self._advance(line, replies)

    def _lost(self, line: _Line, why: str) -> None:
        replies = line.complete
        self._drop(line)
        self._advance(line, LostError(why, replies))

    def _drop(self, line: _Line) -> None:
        """Leave without a word: one more command might be taken for part of a mail."""
        if connection := line.let_go(self._selector):
            connection.close()

    def _finish(self, line: _Line, done: Done) -> None:
        self._working.discard(line)
        self._done.append(done)

    def _no_mail(self, line: _Line, refusal: NoMailError) -> DeliveryError:
        if refusal.reply is None:
            return failure(self._settings, f"closed the connection: {refusal}", "try again later")
        hint = "see that it may send as [delivery] from" if refusal.reply.for_good else "try again later"
        return failure(self._settings, f"refuses the sender {wire_of(line.message).sender}: {refusal}", hint)


class _Line:
    """One connection, the mail that is on it, and what is still to be sent and heard."""

    def __init__(self) -> None:
        self.connection: SMTP | None = None
        self.kept = False
        """Whether the connection had a mail before this one."""
        self.deadline = 0.0
        self.abandoned = False
        """Whether connecting took so long that nobody waits for it any more."""
        self.overheard = False
        """Whether the server said more than it was asked, as one does that is about to hang up."""
        self.waiting_for = selectors.EVENT_READ
        self.out = memoryview(b"")
        self.complete: list[Reply] = []
        self._heard = b""
        self._lines: list[bytes] = []
        self._expected = 0
        self.message: Message
        self.sock: socket.socket
        self.recipient: Recipient
        self.conversation: Conversation

    def say(self, data: bytes, replies: int) -> None:
        """Have something to send, to which so many replies will come."""
        self.out = memoryview(data)
        self.complete, self._expected = [], replies

    def send(self) -> None:
        """Send as much as goes out at once. Raises OSError."""
        while self.out:
            try:
                sent = self.sock.send(self.out)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            self.out = self.out[sent:]

    def replies_in(self) -> list[Reply]:
        """All the replies that were waited for, once they are there; nothing before. Raises OSError, LostError."""
        while len(self.complete) < self._expected:
            try:
                data = self.sock.recv(_READ)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return []
            if not data:
                raise LostError("the server hung up")
            self._take_in(data)
        self.overheard = self.overheard or len(self.complete) > self._expected or bool(self._heard)
        return self.complete[: self._expected]

    def hears(self) -> bool:
        """Whether the server says something, or hangs up, while nothing is asked of it."""
        try:
            self.sock.recv(_READ)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False  # TLS speaks too, of its own affairs
        except OSError:
            return True
        return True

    def _take_in(self, data: bytes) -> None:
        self._heard += data
        *whole, self._heard = self._heard.split(b"\n")
        for line in whole:
            self._lines.append(line[4:].strip())
            if line[3:4] == b"-" and line[:3].isdigit():
                continue
            code = int(line[:3]) if line[:3].isdigit() else -1
            words = b" ".join(self._lines) if code >= 0 else line
            self._lines = []
            self.complete.append(Reply(code, words_of(words) if words.strip() else ""))
        if len(self._heard) + sum(map(len, self._lines)) > _LONGEST_REPLY:
            raise LostError("the server's reply has no end")

    def let_go(self, selector: selectors.BaseSelector) -> SMTP | None:
        """Forget the connection and what was said on it; the connection, to be closed."""
        connection, self.connection = self.connection, None
        if connection:
            with suppress(KeyError, ValueError):
                selector.unregister(self.sock)
        self.out = memoryview(b"")
        self.waiting_for = selectors.EVENT_READ
        self._heard, self._lines = b"", []
        self.overheard = False
        return connection
