"""One SMTP mail transaction without a socket: which commands to send, and what the replies mean (RFC 5321)."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Self

from digest.core.text import one_line
from digest.delivery.addresses import ascii_address, needs_utf8
from digest.models import Outcome

_SUCCESS = 2
_TRANSIENT_FAILURE = 4
_PERMANENT_FAILURE = 5
"""What the first digit of a reply means, which is all that a client may rely on (RFC 5321 4.3.2)."""
_START_MAIL = 354


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: its code, and its text on one line."""

    code: int
    text: str

    @classmethod
    def decode(cls, code: int, data: bytes | str) -> Self:
        """Return the reply with its text decoded and put on one line."""
        return cls(code, one_line(data.decode("utf-8", "replace") if isinstance(data, bytes) else data))

    @property
    def is_success(self) -> bool:
        """Whether the server did what the command asked: any 2yz says so."""
        return self.code // 100 == _SUCCESS

    @property
    def is_permanent_failure(self) -> bool:
        """Whether the server refused and would refuse again."""
        return self.code // 100 == _PERMANENT_FAILURE

    @property
    def is_failure(self) -> bool:
        """Whether this is one of the two kinds of refusal that the standard knows."""
        return self.code // 100 in (_TRANSIENT_FAILURE, _PERMANENT_FAILURE)

    def __str__(self) -> str:
        """`550 5.1.1 no such user`."""
        return f"{self.code} {self.text}"


class ConnectionLostError(Exception):
    """The connection was lost; `replies` are those to the last commands that arrived before that."""

    def __init__(self, reason: str, replies: Sequence[Reply] = ()) -> None:
        super().__init__(reason)
        self.replies = list(replies)


class SenderRejectedError(Exception):
    """The server takes no mail on this connection.

    It refused MAIL FROM with `reply`, or closed the connection before it answered that (`reply` is None).
    """

    def __init__(self, reason: str, reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Result:
    """How a transaction ended, and whether the connection can take another one."""

    outcome: Outcome
    detail: str
    is_reusable: bool


Transaction = Generator[tuple[bytes, int], list[Reply], Result]
"""Yields bytes to send and the number of replies they get; is sent those replies, or thrown a ConnectionLostError."""


def command_address(email: str, *, utf8: bool) -> str:
    """Return an address for a command, in UTF-8 if it needs that and the server supports SMTPUTF8.

    Raises:
        ValueError: no command can contain this address.
    """
    address = email if utf8 and needs_utf8(email) else ascii_address(email)
    if re.search(r"[\x00-\x20<>\x7f]", address):
        raise ValueError("the address contains a character that no SMTP command may contain")
    return address


def transact(sender: str, address: str, mail: bytes, *, pipelining: bool) -> Transaction:
    """Send one mail to one recipient.

    With pipelining the commands go out together (RFC 2920), DATA last. The mail itself always waits for the reply to
    DATA, so a mail whose recipient is refused is never sent.

    Args:
        sender: For MAIL FROM.
        address: For RCPT TO; one that is not ASCII needs a server with SMTPUTF8 and 8BITMIME (RFC 6531 3.1).
        mail: The complete mail; none of its lines begins with a dot.
        pipelining: Whether the server announced that it accepts several commands at once.

    Raises:
        SenderRejectedError: the server takes no mail on this connection; nothing was sent.
    """
    replies: list[Reply] = []
    options = "" if address.isascii() else " BODY=8BITMIME SMTPUTF8"
    commands = [f"MAIL FROM:<{sender}>{options}\r\n", f"RCPT TO:<{address}>\r\n", "DATA\r\n"]
    for group in [commands] if pipelining else [[command] for command in commands]:
        try:
            replies += yield "".join(group).encode("utf-8"), len(group)
        except ConnectionLostError as lost:
            replies += lost.replies
            if not (replies and replies[0].is_success):
                raise SenderRejectedError(str(lost)) from None
            return Result(
                Outcome.DEFERRED, f"the connection was lost before the mail was sent: {lost}", is_reusable=False
            )
        if not (replies[-1].is_success or replies[-1].code == _START_MAIL):
            break
    if not replies[0].is_success:
        raise SenderRejectedError(str(replies[0]), replies[0])
    may_send = replies[-1].code == _START_MAIL
    refusal = next((reply for reply in replies[1:] if not reply.is_success and reply.code != _START_MAIL), None)
    if may_send and not refusal:
        return (yield from _send_mail(mail))
    # The server may wait for a mail that has no recipient: another command would be its first line (RFC 2920 3.1).
    return (yield from _end_unsent(refusal or replies[-1], can_reset=not may_send))


def _send_mail(mail: bytes) -> Transaction:
    try:
        (reply,) = yield mail + b".\r\n", 1
    except ConnectionLostError as lost:
        return Result(
            Outcome.IN_DOUBT, f"the connection was lost while the mail was being sent: {lost}", is_reusable=False
        )
    if reply.is_success:
        return Result(Outcome.ACCEPTED, reply.text, is_reusable=True)
    if reply.is_failure:
        return (yield from _end_unsent(reply, can_reset=True))
    return Result(Outcome.IN_DOUBT, f"an unexpected reply: {reply}", is_reusable=False)


def _end_unsent(reply: Reply, *, can_reset: bool) -> Transaction:
    """End a transaction by which the server got no mail: 5yz is permanent, anything else temporary (RFC 5321 4.2.1)."""
    outcome = Outcome.REFUSED if reply.is_permanent_failure else Outcome.DEFERRED
    # After a reply that does not belong here, the next one might answer any command.
    is_reusable = reply.is_failure and can_reset
    if is_reusable:
        try:
            (reset,) = yield b"RSET\r\n", 1
            is_reusable = reset.is_success
        except ConnectionLostError:
            is_reusable = False
    return Result(outcome, str(reply), is_reusable=is_reusable)
