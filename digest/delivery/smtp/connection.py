"""One connection of a pool: the mail on it, the bytes still to be sent, and the replies read so far."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
from contextlib import suppress
from smtplib import SMTP

from digest.delivery.smtp.transaction import ConnectionLostError, Reply, Transaction
from digest.models import Message, Recipient

logger = logging.getLogger(__name__)

READ_SIZE = 65_536
_LONGEST_REPLY = 100_000
"""Bytes of one reply, all its lines: a server that sends more is not a mail server."""


class SmtpConnection:
    """A connection whose socket never blocks; it is opened for its first mail, and again after the server closed it."""

    def __init__(self) -> None:
        self.smtp: SMTP | None = None
        self.has_sent = False
        """Whether the connection carried a mail before this one."""
        self.deadline = 0.0
        self.is_abandoned = False
        """Whether connecting took so long that nobody waits for it any more."""
        self.is_out_of_step = False
        """Whether the server sent more than was expected, as servers do that are about to close the connection."""
        self.events = selectors.EVENT_READ
        """The events that the selector waits for."""
        self.unsent = memoryview(b"")
        self.replies: list[Reply] = []
        self._expected = 0
        self._received = b""
        self._reply_lines: list[bytes] = []
        self.socket: socket.socket
        self.message: Message
        self.recipient: Recipient
        self.transaction: Transaction

    def queue(self, data: bytes, expected: int) -> None:
        """Set the bytes to send next and the number of replies they get."""
        self.unsent = memoryview(data)
        self.replies, self._expected = [], expected
        if logger.isEnabledFor(logging.DEBUG):
            is_mail = data.endswith(b"\r\n.\r\n")
            text = f"a mail of {len(data)} bytes" if is_mail else data.decode("utf-8").strip().replace("\r\n", ", ")
            logger.debug("[%d] sending %s", self.socket.fileno(), text)

    def send(self) -> None:
        """Send as much as the socket accepts without blocking. Raises OSError."""
        while self.unsent:
            try:
                sent = self.socket.send(self.unsent)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            self.unsent = self.unsent[sent:]

    def receive(self) -> list[Reply]:
        """Return the expected replies once all of them have arrived, an empty list before.

        Raises:
            OSError, ConnectionLostError: the connection is lost.
        """
        while len(self.replies) < self._expected:
            try:
                data = self.socket.recv(READ_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return []
            if not data:
                raise ConnectionLostError("the server closed the connection")
            self._parse(data)
        self.is_out_of_step = self.is_out_of_step or len(self.replies) > self._expected or bool(self._received)
        return self.replies[: self._expected]

    def is_closing(self) -> bool:
        """Return whether the server, which owes no reply, has sent something or closed the connection."""
        try:
            self.socket.recv(READ_SIZE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False  # a message of TLS itself
        except OSError:
            return True
        return True

    def _parse(self, data: bytes) -> None:
        self._received += data
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            self._reply_lines.append(line[4:].strip())
            if line[3:4] == b"-" and line[:3].isdigit():
                continue
            code = int(line[:3]) if line[:3].isdigit() else -1
            reply = Reply.decode(code, b" ".join(self._reply_lines) if code >= 0 else line)
            logger.debug("[%d] received %s", self.socket.fileno(), reply)
            self._reply_lines = []
            self.replies.append(reply)
        if len(self._received) + sum(map(len, self._reply_lines)) > _LONGEST_REPLY:
            raise ConnectionLostError("the server's reply has no end")

    def detach(self, selector: selectors.BaseSelector) -> SMTP | None:
        """Forget the connection and its replies; return it, to be closed."""
        smtp, self.smtp = self.smtp, None
        if smtp:
            with suppress(KeyError, ValueError):
                selector.unregister(self.socket)
        self.unsent = memoryview(b"")
        self.events = selectors.EVENT_READ
        self._received, self._reply_lines = b"", []
        self.is_out_of_step = False
        return smtp
