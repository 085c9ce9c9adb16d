"""Postmark's batch API: 500 mails a request, each with an answer of its own.

Limits and error codes are those of https://postmarkapp.com/developer/api/email-api and
https://postmarkapp.com/developer/api/overview. A broadcast stream has Postmark's own unsubscribe link and
List-Unsubscribe in place of ours, unless Postmark's support has let the newsroom manage its unsubscribes itself:
https://postmarkapp.com/support/article/1299-how-to-include-a-list-unsubscribe-header. Who leaves by that link is
"inactive" there from then on, which is a bounce here.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from digest.config.provider_settings import PostmarkSettings
from digest.core.text import one_line
from digest.delivery.http_api import (
    BAD_ADDRESS,
    Answer,
    ApiProvider,
    Letter,
    headers_of,
    known_as,
    mailbox,
    mailbox_of,
)
from digest.models import Message, Outcome, Receipt, Recipient

_MOST_BYTES = 50_000_000
"""The largest request, in bytes: "50 MB, including attachments"."""

_TAKEN = 0
_INVALID = 300
_INACTIVE = 406
_NOT_NOW = (100, 429)  # maintenance, too many requests
_ABOUT_US = (
    10,  # bad token
    400,  # no such sender signature
    401,  # sender signature not confirmed
    405,  # no credits left
    412,  # account pending: recipients must share the sender's domain
    413,  # account may not send
    1235,  # no such stream
    1236,  # a stream that does not send
)
"""Error codes that no other recipient would fare better with."""


def open_provider(settings: PostmarkSettings, secret: str) -> PostmarkProvider:
    """The provider for these settings."""
    return PostmarkProvider(settings, secret)


class PostmarkProvider(ApiProvider):
    """Sends through the API."""

    name = "postmark"
    batch_size = 500
    title = "Postmark"
    hint = "that [delivery] from is a confirmed sender signature there, and [delivery.postmark] stream"

    def __init__(self, settings: PostmarkSettings, secret: str) -> None:
        self._stream = settings.stream
        headers = {"X-Postmark-Server-Token": secret, "Content-Type": "application/json"}
        super().__init__(settings, settings.host, secret, headers=headers)

    def check(self) -> None:
        """Prove that the token is good, that the stream is there, and that opens are not tracked.

        Raises:
            DeliveryError: the first of these that is not so.
        """
        server, stream = self.look("/server"), self.look(f"/message-streams/{quote(self._stream, safe='')}")
        if stream.get("ArchivedAt") or stream.get("MessageStreamType") == "Inbound":
            what = f"sends nothing through the stream {self._stream}: it is archived, or for mail that comes in"
            raise self.error(what, "check [delivery.postmark] stream")
        if server.get("TrackOpens"):
            # https://postmarkapp.com/developer/user-guide/tracking-opens/tracking-opens-per-email
            what = "tracks who opens a mail, whatever the mail asks for: the server is set so"
            raise self.error(what, "switch Open Tracking off in the server's settings there")

    def own(self, message: Message, recipient: Recipient) -> bytes:
        """A recipient's mail, as JSON. Raises ValueError when they cannot be sent to."""
        return msgspec.json.encode(self._mail(message, recipient))

    def _mail(self, message: Message, recipient: Recipient) -> dict[str, Any]:
        own = {
            **headers_of(message, recipient),
            "Message-ID": f"<{recipient.message_id}>",
            "X-PM-KeepID": "true",  # else Postmark writes its own Message-ID
        }
        given = dict(message.headers)
        mail: dict[str, Any] = {
            "From": mailbox(given["From"]),
            "To": mailbox_of(recipient),
            "Subject": one_line(message.fill(message.subject, recipient.values)),
            "HtmlBody": message.fill(message.html, recipient.values),
            "TextBody": message.fill(message.text, recipient.values),
            "MessageStream": self._stream,
            "Headers": [{"Name": name, "Value": value} for name, value in own.items()],
            "Metadata": {"recipient": known_as(recipient)},
            "TrackOpens": False,
            "TrackLinks": "None",
        }
        if "Reply-To" in given:
            mail["ReplyTo"] = mailbox(given["Reply-To"])
        if message.images:
            mail["Attachments"] = [
                {
                    "Name": image.filename,
                    "Content": base64.b64encode(image.data).decode("ascii"),
                    "ContentType": image.media_type,
                    "ContentID": f"cid:{image.cid}",
                }
                for image in message.images
            ]
        return mail

    def deliver(self, message: Message, letters: Sequence[Letter]) -> list[Receipt]:
        """Send in as few requests as there may be for their size. Raises as `send`."""
        requests = list(_requests(letters))
        return super().deliver(message, letters) if len(requests) == 1 else self.in_turn(message, requests)

    def ask(self, _message: Message, letters: Sequence[Letter]) -> Answer:
        """Send one request."""
        return self.request("POST", "/email/batch", content=b"[" + b",".join(letter.own for letter in letters) + b"]")

    def read(self, answer: Answer, letters: Sequence[Letter]) -> list[Receipt]:
        """What became of each mail: the answer has an item for each, in their order.

        Raises:
            DeliveryError: none was taken, and all for our own sake.
        """
        told = [(letter, *_told(item)) for letter, item in zip(letters, answer.body, strict=True)]
        if all(code in _ABOUT_US for _, code, _ in told):
            _, code, words = told[0]
            what = f"refuses the sender or the stream: {code} {words}"
            raise self.error(what, f"check {self.hint}")
        return [_receipt(letter.recipient, code, words) for letter, code, words in told]


def _requests(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    """The letters in groups that a request may hold."""
    group: list[Letter] = []
    room = _MOST_BYTES
    for letter in letters:
        size = len(letter.own) + 2
        if group and size > room:
            yield group
            group, room = [], _MOST_BYTES
        group.append(letter)
        room -= size
    yield group


def _told(item: Mapping[str, Any]) -> tuple[int, str]:
    """An item's error code and words; one that is accepted with delay has a MessageID and no code."""
    if "ErrorCode" not in item:
        return _TAKEN, str(item["MessageID"])
    code = int(item["ErrorCode"])
    return code, one_line(str(item["MessageID"] if code == _TAKEN else item.get("Message", "")))


def _receipt(recipient: Recipient, code: int, words: str) -> Receipt:
    """What an item comes to."""
    if code == _TAKEN:
        return Receipt(recipient, Outcome.ACCEPTED, words)
    if code in _NOT_NOW or code in _ABOUT_US:
        return Receipt(recipient, Outcome.DEFERRED, f"{code} {words}")
    if code == _INACTIVE:  # a hard bounce, a complaint, or who has left
        return Receipt(recipient, Outcome.REFUSED, f"{code} 5.1.1 {words}")
    if code == _INVALID and re.match(r"(?:Invalid|Error parsing) 'To'", words):
        return Receipt(recipient, Outcome.REFUSED, f"{code} {BAD_ADDRESS} {words}")
    return Receipt(recipient, Outcome.REFUSED, f"{code} {words}")
