"""Postmark's batch API: 500 mails a request, each with its own result.

Limits and error codes are those of https://postmarkapp.com/developer/api/email-api and
https://postmarkapp.com/developer/api/overview. A broadcast stream has Postmark's own unsubscribe link and
List-Unsubscribe in place of ours, unless Postmark's support has let the newsroom manage its unsubscribes itself:
https://postmarkapp.com/support/article/1299-how-to-include-a-list-unsubscribe-header. A reader who unsubscribes by that
link is "inactive" at Postmark from then on, which is a bounce here.
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
from digest.delivery.http_api.client import HttpClient, Response
from digest.delivery.http_api.payload import extra_headers, format_mailbox, recipient_mailbox, recipient_tag
from digest.delivery.http_api.provider import BAD_ADDRESS, ApiProvider, Envelope
from digest.models import Message, Outcome, Receipt, Recipient

_MOST_BYTES = 50_000_000
"""The largest request, in bytes: "50 MB, including attachments"."""

_ACCEPTED = 0
_INVALID = 300
_INACTIVE = 406
_TEMPORARY = (100, 429)  # maintenance, too many requests
_SENDER_ERRORS = (
    10,  # bad token
    400,  # no such sender signature
    401,  # sender signature not confirmed
    405,  # no credits left
    412,  # account pending: recipients must share the sender's domain
    413,  # account may not send
    1235,  # no such stream
    1236,  # a stream that does not send
)
"""Error codes that every other recipient would get, too."""


class PostmarkProvider(ApiProvider):
    """Sends through the API."""

    name = "postmark"
    batch_size = 500
    title = "Postmark"
    setup_hint = "that [delivery] from is a confirmed sender signature there, and [delivery.postmark] stream"

    def __init__(self, settings: PostmarkSettings, secret: str) -> None:
        self._stream = settings.stream
        super().__init__(settings, settings.host, secret)

    def open_client(self, host: str, secret: str, timeout: float) -> HttpClient:
        """Return a client that sends the token with each request."""
        return HttpClient(
            host, timeout, headers={"X-Postmark-Server-Token": secret, "Content-Type": "application/json"}
        )

    def check(self) -> None:
        """Prove that the token is valid, that the stream exists and sends, and that opens are not tracked.

        Raises:
            DeliveryError: one of these is not the case.
        """
        server, stream = self.get_object("/server"), self.get_object(f"/message-streams/{quote(self._stream, safe='')}")
        if stream.get("ArchivedAt") or stream.get("MessageStreamType") == "Inbound":
            message = f"sends nothing through the stream {self._stream}: it is archived, or for incoming mail"
            raise self.error(message, "check [delivery.postmark] stream")
        if server.get("TrackOpens"):
            # https://postmarkapp.com/developer/user-guide/tracking-opens/tracking-opens-per-email
            message = "tracks opens, whatever a mail asks for: its server is set to"
            raise self.error(message, "switch Open Tracking off in the server's settings there")

    def payload_for(self, message: Message, recipient: Recipient) -> bytes:
        """Return a recipient's mail as JSON. Raises ValueError if they cannot be sent to."""
        return msgspec.json.encode(self._mail(message, recipient))

    def _mail(self, message: Message, recipient: Recipient) -> dict[str, Any]:
        headers = dict(message.headers)
        mail_headers = {
            **extra_headers(message, recipient),
            "Message-ID": f"<{recipient.message_id}>",
            "X-PM-KeepID": "true",  # else Postmark writes its own Message-ID
        }
        mail: dict[str, Any] = {
            "From": format_mailbox(headers["From"]),
            "To": recipient_mailbox(recipient),
            "Subject": one_line(message.fill(message.subject, recipient.values)),
            "HtmlBody": message.fill(message.html, recipient.values),
            "TextBody": message.fill(message.text, recipient.values),
            "MessageStream": self._stream,
            "Headers": [{"Name": name, "Value": value} for name, value in mail_headers.items()],
            "Metadata": {"recipient": recipient_tag(recipient)},
            "TrackOpens": False,
            "TrackLinks": "None",
        }
        if "Reply-To" in headers:
            mail["ReplyTo"] = format_mailbox(headers["Reply-To"])
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

    def deliver(self, message: Message, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Send in as few requests as their size allows. Raises as `send`."""
        groups = list(_group_by_size(envelopes))
        return super().deliver(message, envelopes) if len(groups) == 1 else self.deliver_in_turn(message, groups)

    def post(self, _message: Message, envelopes: Sequence[Envelope]) -> Response:
        """Send one request for all envelopes."""
        body = b"[" + b",".join(envelope.payload for envelope in envelopes) + b"]"
        return self.request("POST", "/email/batch", content=body)

    def parse(self, response: Response, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Return the receipt of each mail: the response has an item for each, in their order.

        Raises:
            DeliveryError: none was accepted, and all because of the sender.
        """
        results = [(envelope, *_parse_item(item)) for envelope, item in zip(envelopes, response.body, strict=True)]
        if all(code in _SENDER_ERRORS for _, code, _ in results):
            _, code, text = results[0]
            raise self.error(f"refuses the sender or the stream: {code} {text}", f"check {self.setup_hint}")
        return [_receipt(envelope.recipient, code, text) for envelope, code, text in results]


def _group_by_size(envelopes: Sequence[Envelope]) -> Iterator[Sequence[Envelope]]:
    """Yield the envelopes in groups that fit into one request."""
    group: list[Envelope] = []
    room = _MOST_BYTES
    for envelope in envelopes:
        size = len(envelope.payload) + 2
        if group and size > room:
            yield group
            group, room = [], _MOST_BYTES
        group.append(envelope)
        room -= size
    yield group


def _parse_item(item: Mapping[str, Any]) -> tuple[int, str]:
    """Return an item's error code and text; one that is accepted with delay has a MessageID and no code."""
    if "ErrorCode" not in item:
        return _ACCEPTED, str(item["MessageID"])
    code = int(item["ErrorCode"])
    return code, one_line(str(item["MessageID"] if code == _ACCEPTED else item.get("Message", "")))


def _receipt(recipient: Recipient, code: int, text: str) -> Receipt:
    """Return the receipt that an item's code and text mean."""
    if code == _ACCEPTED:
        return Receipt(recipient, Outcome.ACCEPTED, text)
    if code in _TEMPORARY or code in _SENDER_ERRORS:
        return Receipt(recipient, Outcome.DEFERRED, f"{code} {text}")
    if code == _INACTIVE:  # a hard bounce, a complaint, or an unsubscribed reader
        return Receipt(recipient, Outcome.REFUSED, f"{code} 5.1.1 {text}")
    if code == _INVALID and re.match(r"(?:Invalid|Error parsing) 'To'", text):
        return Receipt(recipient, Outcome.REFUSED, f"{code} {BAD_ADDRESS} {text}")
    return Receipt(recipient, Outcome.REFUSED, f"{code} {text}")
