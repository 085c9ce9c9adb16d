"""An SMTP server: one connection, one mail at a time (RFC 5321), its commands in one go where it can take that."""

from __future__ import annotations

import ipaddress
import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from digest.delivery.addresses import ascii_address
from digest.delivery.mime import wire_of
from digest.delivery.settings import SmtpSettings
from digest.errors import DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient

_PORTS = {"starttls": 587, "tls": 465, "plain": 25}
_DONE = 2
_START_MAIL = 354
_FOR_NOW = 4
_FOR_GOOD = 5
_COMMANDS = 3
"""What the first digit of a reply means, which is all that may be relied on (RFC 5321 4.3.2); 354 begins a mail."""


def open_provider(settings: SmtpSettings, secret: str) -> SmtpProvider:
    """The provider for these settings."""
    return SmtpProvider(settings, secret)


class _LostError(Exception):
    """The connection was lost before the mail itself."""


class SmtpProvider:
    """Sends through one server; the connection is opened on the first send and opened again if the server closed it."""

    name = "smtp"
    batch_size = 1

    def __init__(self, settings: SmtpSettings, secret: str) -> None:
        self._settings = settings
        self._password = secret
        self._port = settings.port or _PORTS[settings.security]
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take leave of the server."""
        self._close()

    def check(self) -> None:
        """Prove that the server can be reached and lets us in. Raises DeliveryError."""
        self._connected()
        self._close()

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send to each recipient. Raises DeliveryError when the server takes no mail at all."""
        return [self._send_one(message, recipient) for recipient in recipients]

    def _send_one(self, message: Message, recipient: Recipient) -> Receipt:
        wire = wire_of(message)
        try:
            mail = wire.mail(recipient)
            address = _command_address(recipient.email)
        except ValueError as error:
            return Receipt(recipient, Outcome.REFUSED, str(error))
        try:
            connection, replies = self._ready(wire.sender, f"RCPT TO:<{address}>", "DATA")
        except _LostError as lost:
            return Receipt(recipient, Outcome.DEFERRED, f"the connection was lost before the mail: {lost}")
        code, words = replies[-1]
        if code == _START_MAIL and len(replies) == _COMMANDS and all(code // 100 == _DONE for code, _ in replies[:-1]):
            return self._data(connection, mail, recipient)
        if code == _START_MAIL:
            # A server that takes the recipient's refusal for a mail to nobody wants to be told it is empty; it is
            # left instead, and sends nothing (RFC 2920 3.1).
            self._drop()
        code, words = next((reply for reply in replies[1:] if reply[0] // 100 != _DONE), replies[-1])
        return self._not_taken(recipient, code, words)

    def _data(self, connection: smtplib.SMTP, mail: bytes, recipient: Recipient) -> Receipt:
        try:
            connection.send(mail + b".\r\n")  # no line of a Wire's begins with a dot: none is to be doubled
            code, words = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            what = f"the connection was lost while the mail was on its way: {_words(error)}"
            return Receipt(recipient, Outcome.IN_DOUBT, what)
        if code // 100 == _DONE:
            return Receipt(recipient, Outcome.ACCEPTED, _words(words))
        if code // 100 in (_FOR_NOW, _FOR_GOOD):
            return self._not_taken(recipient, code, words)
        self._close()
        return Receipt(recipient, Outcome.IN_DOUBT, f"an answer that says nothing: {code} {_words(words)}")

    def _not_taken(self, recipient: Recipient, code: int, words: bytes) -> Receipt:
        """5yz is for good, anything else for now (RFC 5321 4.2.1): the server has not got this mail."""
        if code // 100 in (_FOR_NOW, _FOR_GOOD):
            self._reset()
        else:
            self._close()  # no reply that belongs here: who knows what the next one would answer
        outcome = Outcome.REFUSED if code // 100 == _FOR_GOOD else Outcome.DEFERRED
        return Receipt(recipient, outcome, f"{code} {_words(words)}")

    def _ready(self, sender: str, *commands: str) -> tuple[smtplib.SMTP, list[tuple[int, bytes]]]:
        """A connection that has taken MAIL FROM, and the replies to that and to the commands after it.

        A kept connection that takes no more mails is opened anew, once. Raises DeliveryError when a new one takes none,
        and _LostError when it is lost after MAIL FROM.
        """
        for kept in (self._connection is not None, False):
            connection = self._connected()
            replies: list[tuple[int, bytes]] = []
            try:
                # Those that came before the connection was lost are kept.
                replies.extend(_converse(connection, f"MAIL FROM:<{sender}>", *commands))
            except (smtplib.SMTPServerDisconnected, OSError) as error:
                self._drop()
                if replies and replies[0][0] // 100 == _DONE:
                    raise _LostError(_words(error)) from None
                if kept:
                    continue
                if not replies:
                    raise self._error(f"closed the connection: {_words(error)}", "try again later") from None
            code, words = replies[0]
            if code // 100 == _DONE:
                return connection, replies
            self._drop()
            if kept:
                continue
            hint = "see that it may send as [delivery] from" if code // 100 == _FOR_GOOD else "try again later"
            raise self._error(f"refuses the sender {sender}: {code} {_words(words)}", hint)
        raise AssertionError("the second round returns or raises")

    # --- the connection -----------------------------------------------------------------------------------------------

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            settings = self._settings
            if settings.username and settings.security == "plain" and not _is_loopback(settings.host):
                hint = 'use security = "starttls" or "tls"'
                raise self._error("would be told the password without encryption", hint)
            try:
                self._connection = self._open()
            except smtplib.SMTPAuthenticationError as error:
                what = f"refuses the login of {settings.username}: {error.smtp_code} {_words(error.smtp_error)}"
                raise self._error(what, "check [delivery.smtp] username and DIGEST_SMTP_PASSWORD") from None
            except UnicodeEncodeError:
                what = "cannot be told a username or password that is not ASCII"
                raise self._error(what, "check [delivery.smtp] username and DIGEST_SMTP_PASSWORD") from None
            except smtplib.SMTPNotSupportedError as error:
                what = f"does not offer what is asked: {_words(error)}"
                raise self._error(what, 'try another [delivery.smtp] security: "starttls", "tls" or "plain"') from None
            except ssl.SSLError as error:
                what = f"cannot be spoken to in TLS: {error.reason or _words(error)}"
                raise self._error(what, "check [delivery.smtp] host, port and security") from None
            except (smtplib.SMTPException, OSError) as error:
                what = f"cannot be reached: {_words(error)}"
                raise self._error(what, "check [delivery.smtp] host and port, and that the server is up") from None
        return self._connection

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        context = ssl.create_default_context()
        connection: smtplib.SMTP
        if settings.security == "tls":
            connection = smtplib.SMTP_SSL(settings.host, self._port, timeout=settings.timeout, context=context)
        else:
            connection = smtplib.SMTP(settings.host, self._port, timeout=settings.timeout)
        try:
            connection.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                connection.starttls(context=context)
                connection.ehlo_or_helo_if_needed()
            if settings.username:
                connection.login(settings.username, self._password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _reset(self) -> None:
        """Take back a mail that the server did not want; a server that left is met anew next time."""
        try:
            if self._connection:
                self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()

    def _drop(self) -> None:
        """Leave without a word: one more command would be taken for part of a mail."""
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _error(self, what: str, next_step: str) -> DeliveryError:
        return DeliveryError(f"the server {what}", where=f"{self._settings.host}:{self._port}", next_step=next_step)


def _converse(connection: smtplib.SMTP, *commands: str) -> Iterator[tuple[int, bytes]]:
    """The reply to each command; all are sent in one go where the server says it can take that (RFC 2920).

    Elsewhere one that is refused is the last. DATA may only be the last of a group, and nothing of a mail follows until
    its reply is in, so that a mail whose recipient is refused is never sent.
    """
    if connection.has_extn("pipelining"):
        connection.send("".join(f"{command}\r\n" for command in commands))
        for _ in commands:
            yield connection.getreply()
        return
    for command in commands:
        code, words = connection.docmd(command)
        yield code, words
        if code // 100 not in (_DONE, _START_MAIL // 100):
            return


def _command_address(email: str) -> str:
    """An address that can stand in a command. Raises ValueError for one that cannot."""
    address = ascii_address(email)
    if re.search(r"[\x00-\x20<>\x7f]", address):
        raise ValueError("the address holds a character that no SMTP command may")
    return address


def _words(told: object) -> str:
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    return " ".join(text.split()) or type(told).__name__


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
