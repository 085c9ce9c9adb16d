"""Many SMTP connections served by one thread: whichever server has replied is handled next.

With a thread for each connection, the threads would spend as much time waiting for each other as sending.
"""

from __future__ import annotations

import logging
import selectors
import socket
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
from digest.core.text import describe_error
from digest.delivery.dkim import make_signer
from digest.delivery.mime import compile_message
from digest.delivery.pool import Completed
from digest.delivery.smtp.connection import READ_SIZE, SmtpConnection
from digest.delivery.smtp.login import connect, server_error
from digest.delivery.smtp.transaction import (
    ConnectionLostError,
    Reply,
    Result,
    SenderRejectedError,
    command_address,
    transact,
)
from digest.errors import DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient

logger = logging.getLogger(__name__)

_GATHER = 0.0015
"""Seconds that a completed mail waits until half of those in flight are complete too: one commit records them all."""
_CONNECT_TIMEOUTS = 3
"""Timeouts that connecting may take in all: it is several replies, each of which a server may send byte by byte."""
_QUIT_TIMEOUT = 2.0
"""Seconds that all servers together have to answer QUIT: nothing depends on what they answer."""


class SmtpPool:
    """A `digest.delivery.pool.Pool` of SMTP connections, each with one mail at a time."""

    batch_size = 1

    def __init__(self, settings: SmtpSettings, password: str, connections: int) -> None:
        """Prepare the pool; each connection is opened for its first mail.

        Raises:
            ConfigError: mails are to be signed, and the DKIM key cannot be used.
        """
        self._settings = settings
        self._password = password
        self._sign = make_signer(settings.dkim) if settings.dkim else None
        self._selector = selectors.DefaultSelector()
        # Connecting waits for DNS, TLS and the login, so it happens in threads; each wakes the selector when done.
        self._wake_sender, self._wake_receiver = socket.socketpair()
        self._wake_receiver.settimeout(0)
        self._selector.register(self._wake_receiver, selectors.EVENT_READ)
        self._connected: SimpleQueue[tuple[SmtpConnection, SMTP | DeliveryError]] = SimpleQueue()
        self._free = deque(SmtpConnection() for _ in range(connections))
        self._in_flight: set[SmtpConnection] = set()
        self._completed: list[Completed] = []

    @property
    def idle(self) -> int:
        """How many connections are free to take a mail."""
        return len(self._free)

    @property
    def busy(self) -> int:
        """How many mails were submitted and not yet collected."""
        return len(self._in_flight) + len(self._completed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say QUIT on the free connections, and close all of them."""
        free = [smtp for connection in self._free if (smtp := connection.detach(self._selector))]
        for smtp in free:
            with suppress(SMTPException, OSError):
                smtp.putcmd("QUIT")
        deadline = monotonic() + _QUIT_TIMEOUT
        for smtp in free:
            if smtp.sock is None:  # the server had closed the connection, and QUIT noticed
                continue
            smtp.sock.settimeout(max(0.01, deadline - monotonic()))
            with suppress(OSError):
                smtp.sock.recv(READ_SIZE)
            smtp.close()
        for connection in self._in_flight:
            if smtp := connection.detach(self._selector):
                smtp.close()
        self._selector.close()
        self._wake_sender.close()
        self._wake_receiver.close()

    def submit(self, message: Message, batch: Sequence[Recipient]) -> None:
        """Send to one recipient on a free connection, preferring one that is open."""
        (recipient,) = batch
        connection = self._free.popleft()
        self._in_flight.add(connection)
        connection.message, connection.recipient = message, recipient
        connection.has_sent = connection.smtp is not None
        if connection.smtp is None:
            self._open(connection)
        else:
            self._begin(connection)

    def collect(self, timeout: float | None = None) -> list[Completed]:
        """Return the completed mails, waiting up to `timeout` seconds for the first and a moment longer for more."""
        deadline = None if timeout is None else monotonic() + timeout
        gather_until = 0.0
        while True:
            if self._completed and not gather_until:
                gather_until = monotonic() + _GATHER
            if self._completed and (len(self._completed) >= len(self._in_flight) or monotonic() >= gather_until):
                break
            limits = [connection.deadline for connection in self._in_flight]
            limits += [gather_until] if self._completed else [] if deadline is None else [deadline]
            wait = max(0.0, min(limits) - monotonic()) if limits else None
            for key, _ in self._selector.select(wait):
                if key.data is None:
                    self._begin_connected()
                else:
                    self._serve(key.data)
            self._expire()
            if not self._completed and deadline is not None and monotonic() >= deadline:
                break
        completed, self._completed = self._completed, []
        return completed

    def _expire(self) -> None:
        """Give up on the servers that have not answered in time."""
        now = monotonic()
        for connection in [connection for connection in self._in_flight if now > connection.deadline]:
            if connection.smtp:
                self._lose(connection, "no reply in time")
                continue
            connection.is_abandoned = True
            message = "the server does not complete a connection in time"
            error = server_error(self._settings, message, "check [delivery.smtp] host and port")
            self._complete(connection, Completed((connection.recipient,), error=error))

    # --- connecting ---------------------------------------------------------------------------------------------------

    def _open(self, connection: SmtpConnection) -> None:
        """Connect in a thread, which leaves the connection or the error in `_connected` and wakes the selector."""
        connection.deadline = monotonic() + _CONNECT_TIMEOUTS * self._settings.timeout

        def run() -> None:
            connected: SMTP | DeliveryError
            try:
                connected = connect(self._settings, self._password)
            except DeliveryError as error:
                connected = error
            except Exception as error:  # noqa: BLE001 - whatever it is, the mail must be completed
                message = f"cannot connect to the server: {type(error).__name__} {describe_error(error)}"
                connected = server_error(self._settings, message, "check [delivery.smtp]")
            self._connected.put((connection, connected))
            with suppress(OSError):  # the pool is closed
                self._wake_sender.send(b"!")

        Thread(target=run, daemon=True).start()

    def _begin_connected(self) -> None:
        """Begin the mails of the connections that have been opened, and complete those that could not be."""
        for _ in self._wake_receiver.recv(READ_SIZE):
            connection, connected = self._connected.get()
            if connection.is_abandoned:
                if isinstance(connected, SMTP):
                    connected.close()
                continue
            if isinstance(connected, DeliveryError):
                self._complete(connection, Completed((connection.recipient,), error=connected))
                continue
            connection.smtp = connected
            assert connected.sock, "it was connected"
            connection.socket = connected.sock
            connection.socket.settimeout(0)
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
            self._begin(connection)

    # --- transactions -------------------------------------------------------------------------------------------------

    def _begin(self, connection: SmtpConnection) -> None:
        assert connection.smtp
        compiled, recipient = compile_message(connection.message), connection.recipient
        utf8 = connection.smtp.has_extn("smtputf8")
        try:
            mail, address = compiled.mail_for(recipient, utf8=utf8), command_address(recipient.email, utf8=utf8)
            mail = self._sign(mail) if self._sign else mail
        except ValueError as error:
            self._free.appendleft(connection)
            receipt = Receipt(recipient, Outcome.REFUSED, str(error))
            self._complete(connection, Completed((recipient,), [receipt]))
            return
        pipelining = connection.smtp.has_extn("pipelining")
        connection.transaction = transact(compiled.sender, address, mail, pipelining=pipelining)
        self._advance(connection, None)

    def _advance(self, connection: SmtpConnection, event: list[Reply] | ConnectionLostError | None) -> None:
        """Continue a transaction with the replies it waited for, with the loss of its connection, or from its start."""
        try:
            if isinstance(event, ConnectionLostError):
                connection.queue(*connection.transaction.throw(event))
            elif event is None:
                connection.queue(*next(connection.transaction))
            else:
                connection.queue(*connection.transaction.send(event))
        except StopIteration as stop:
            result: Result = stop.value
            if not result.is_reusable or connection.is_out_of_step:
                self._drop(connection)
            self._free.appendleft(connection)
            receipt = Receipt(connection.recipient, result.outcome, result.detail)
            self._complete(connection, Completed((connection.recipient,), [receipt]))
        except SenderRejectedError as rejection:
            self._drop(connection)
            if connection.has_sent:  # servers limit the mails or the minutes of one connection
                connection.has_sent = False
                self._open(connection)
            else:
                error = self._rejection_error(connection, rejection)
                self._complete(connection, Completed((connection.recipient,), error=error))
        else:
            connection.deadline = monotonic() + self._settings.timeout
            self._serve(connection, reading=False)

    def _serve(self, connection: SmtpConnection, *, reading: bool = True) -> None:
        """Send what the socket accepts and, unless `reading` is False, handle what the server has sent."""
        if connection.smtp is None:
            return
        if connection not in self._in_flight:
            if connection.is_closing():
                self._drop(connection)
            return
        try:
            before = len(connection.unsent)
            connection.send()
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent else 0)
            if events != connection.events:
                self._selector.modify(connection.socket, events, connection)
                connection.events = events
            if len(connection.unsent) < before:
                connection.deadline = monotonic() + self._settings.timeout
            replies = connection.receive() if reading else []
        except (OSError, ConnectionLostError) as error:
            self._lose(connection, describe_error(error))
            return
        if replies:
            self._advance(connection, replies)

    def _lose(self, connection: SmtpConnection, reason: str) -> None:
        """Close a connection that failed, and let its transaction decide what that means for the mail."""
        logger.debug("lost a connection to %s: %s", self._settings.host, reason)
        replies = connection.replies
        self._drop(connection)
        self._advance(connection, ConnectionLostError(reason, replies))

    def _drop(self, connection: SmtpConnection) -> None:
        """Close a connection without QUIT, which the server might take for a part of a mail."""
        if smtp := connection.detach(self._selector):
            smtp.close()

    def _complete(self, connection: SmtpConnection, completed: Completed) -> None:
        self._in_flight.discard(connection)
        self._completed.append(completed)

    def _rejection_error(self, connection: SmtpConnection, rejection: SenderRejectedError) -> DeliveryError:
        if rejection.reply is None:
            return server_error(self._settings, f"the server closed the connection: {rejection}", "try again later")
        is_permanent = rejection.reply.is_permanent_failure
        hint = "check that this server may send for [delivery] from" if is_permanent else "try again later"
        message = f"the server refuses the sender {compile_message(connection.message).sender}: {rejection}"
        return server_error(self._settings, message, hint)
