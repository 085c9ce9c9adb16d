"""What is said to an SMTP server for one mail, and what its replies come to; no socket here (RFC 5321)."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from digest.delivery.addresses import ascii_address, needs_utf8
from digest.models import Outcome

_DONE = 2
_FOR_NOW = 4
_FOR_GOOD = 5
"""What the first digit of a reply means, which is all that may be relied on (RFC 5321 4.3.2)."""
_START_MAIL = 354


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: its code, and its words on one line."""

    code: int
    words: str

    @property
    def done(self) -> bool:
        """Whether it says yes: any 2yz does."""
        return self.code // 100 == _DONE

    @property
    def for_good(self) -> bool:
        """Whether it says no and would say so again."""
        return self.code // 100 == _FOR_GOOD

    @property
    def known(self) -> bool:
        """Whether it is a refusal as the standard has them."""
        return self.code // 100 in (_FOR_NOW, _FOR_GOOD)

    def __str__(self) -> str:
        """`550 5.1.1 no such user`."""
        return f"{self.code} {self.words}"


class LostError(Exception):
    """The connection was lost; `replies` are those to the last lines that came before."""

    def __init__(self, why: str, replies: Sequence[Reply] = ()) -> None:
        super().__init__(why)
        self.replies = list(replies)


class NoMailError(Exception):
    """The server takes no mail on this connection: it refused MAIL FROM, or was gone by then (`reply` is None)."""

    def __init__(self, why: str, reply: Reply | None = None) -> None:
        super().__init__(why)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mail, and whether the connection can take another."""

    outcome: Outcome
    detail: str
    usable: bool


Conversation = Generator[tuple[bytes, int], list[Reply], Verdict]
"""Yields bytes to send and how many replies they have; is sent these, or thrown a LostError."""


def command_address(email: str, *, utf8: bool) -> str:
    """An address that can stand in a command, in UTF-8 if the server takes that. Raises ValueError for what cannot."""
    address = email if utf8 and needs_utf8(email) else ascii_address(email)
    if re.search(r"[\x00-\x20<>\x7f]", address):
        raise ValueError("the address holds a character that no SMTP command may")
    return address


def hand_over(sender: str, address: str, mail: bytes, *, pipelining: bool) -> Conversation:
    """Hand over one mail to one recipient.

    With pipelining the commands go out in one go (RFC 2920), DATA the last of them: nothing of a mail follows until its
    reply is in, so that a mail whose recipient is refused is never sent.

    Args:
        sender: For MAIL FROM.
        address: For RCPT TO; one beyond ASCII wants a server with SMTPUTF8 and 8BITMIME (RFC 6531 3.1).
        mail: The whole mail; none of its lines begins with a dot.
        pipelining: Whether the server said that it can take several commands at once.

    Raises:
        NoMailError: the server takes no mail on this connection; nothing was sent.
    """
    replies: list[Reply] = []
    options = "" if address.isascii() else " BODY=8BITMIME SMTPUTF8"
    commands = [f"MAIL FROM:<{sender}>{options}\r\n", f"RCPT TO:<{address}>\r\n", "DATA\r\n"]
    for group in [commands] if pipelining else [[command] for command in commands]:
        try:
            replies += yield "".join(group).encode("utf-8"), len(group)
        except LostError as lost:
            replies += lost.replies
            if not (replies and replies[0].done):
                raise NoMailError(str(lost)) from None
            return Verdict(Outcome.DEFERRED, f"the connection was lost before the mail: {lost}", usable=False)
        if not (replies[-1].done or replies[-1].code == _START_MAIL):
            break
    if not replies[0].done:
        raise NoMailError(str(replies[0]), replies[0])
    begun = replies[-1].code == _START_MAIL
    refusal = next((reply for reply in replies[1:] if not reply.done and reply.code != _START_MAIL), None)
    if begun and not refusal:
        return (yield from _send(mail))
    # Where a mail was begun for nobody, one more line would be its first: the connection is left (RFC 2920 3.1).
    return (yield from _not_taken(refusal or replies[-1], leave=begun))


def _send(mail: bytes) -> Conversation:
    try:
        (reply,) = yield mail + b".\r\n", 1
    except LostError as lost:
        what = f"the connection was lost while the mail was on its way: {lost}"
        return Verdict(Outcome.IN_DOUBT, what, usable=False)
    if reply.done:
        return Verdict(Outcome.ACCEPTED, reply.words, usable=True)
    if reply.known:
        return (yield from _not_taken(reply, leave=False))
    return Verdict(Outcome.IN_DOUBT, f"an answer that says nothing: {reply}", usable=False)


def _not_taken(reply: Reply, *, leave: bool) -> Conversation:
    """5yz is for good, anything else for now (RFC 5321 4.2.1): the server has not got this mail."""
    outcome = Outcome.REFUSED if reply.for_good else Outcome.DEFERRED
    # After no reply that belongs here, who knows what the next one would answer.
    usable = reply.known and not leave
    if usable:
        try:
            (reset,) = yield b"RSET\r\n", 1
            usable = reset.done
        except LostError:
            usable = False
    return Verdict(outcome, str(reply), usable=usable)
