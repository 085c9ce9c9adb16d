"""Resend's API: a hundred mails a request, or one if it has pictures attached.

Limits and responses are those of https://resend.com/docs/api-reference/emails/send-batch-emails,
https://resend.com/docs/api-reference/errors and https://resend.com/docs/api-reference/rate-limit. A request has an
Idempotency-Key: repeated within 24 hours, it gets the same response and is not sent again
(https://resend.com/docs/dashboard/emails/idempotency-keys). Tracking is a setting of a domain, not of a mail, and the
Message-ID is Resend's own.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256
from time import sleep
from typing import Any

import msgspec

from digest.config.provider_settings import ResendSettings
from digest.core.text import one_line
from digest.delivery.http_api.client import HttpClient, NoResponseError, Response
from digest.delivery.http_api.payload import extra_headers, format_mailbox, recipient_mailbox, recipient_tag
from digest.delivery.http_api.provider import BAD_ADDRESS, ApiProvider, Envelope
from digest.errors import DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient

_SHORT_DELAY = 2.0
"""Seconds to wait at once when Resend asks for a delay: it accepts five requests a second."""

_INVALID = (400, 422)
_UNAUTHORIZED = 401
_CONFLICT = 409


class ResendProvider(ApiProvider):
    """Sends through the API."""

    name = "resend"
    batch_size = 100
    title = "Resend"
    setup_hint = "that the domain of [delivery] from is verified there"

    def __init__(self, settings: ResendSettings, secret: str) -> None:
        super().__init__(settings, settings.host, secret)

    def open_client(self, host: str, secret: str, timeout: float) -> HttpClient:
        """Return a client that sends the key with each request."""
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        return HttpClient(host, timeout, headers=headers)

    def check(self) -> None:
        """Prove that the key is valid and, if it may read that, that a domain is verified and not tracked.

        Raises:
            DeliveryError: one of these is not the case.
        """
        response = self.probe("/domains")
        error = response.body.get("name") if isinstance(response.body, dict) else None
        if response.status == _UNAUTHORIZED and error == "restricted_api_key":
            return  # "only to send emails", which is its purpose
        domains = self.get_object("/domains").get("data", [])
        verified = [domain for domain in domains if domain.get("status") in ("verified", "partially_verified")]
        if not verified:
            raise self.error("has no verified domain to send from", "add the domain of [delivery] from, and verify it")
        if all(domain.get("open_tracking") or domain.get("click_tracking") for domain in verified):
            message = "tracks opens or clicks, whatever a mail asks for: the domain is set to"
            raise self.error(message, "switch open and click tracking off in the domain's settings there")

    def payload_for(self, message: Message, recipient: Recipient) -> bytes:
        """Return a recipient's mail as JSON. Raises ValueError if they cannot be sent to."""
        return msgspec.json.encode(_mail(message, recipient))

    def deliver(self, message: Message, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Send all at once, or one by one with pictures; again after a short delay if Resend asks for one.

        Raises as `send`.
        """
        if message.images and len(envelopes) > 1:
            return self.deliver_in_turn(message, [[envelope] for envelope in envelopes])
        receipts = super().deliver(message, envelopes)
        delay = max(receipt.retry_after for receipt in receipts)
        if 0 < delay <= _SHORT_DELAY and all(receipt.outcome is Outcome.DEFERRED for receipt in receipts):
            sleep(delay)
            receipts = super().deliver(message, envelopes)
        return receipts

    def post(self, message: Message, envelopes: Sequence[Envelope]) -> Response:
        """Send one request, and repeat it once if the response leaves its recipients in doubt."""
        try:
            first: Response | NoResponseError = self._post_once(message, envelopes)
        except NoResponseError as error:
            first = error
        if isinstance(first, Response) and not super().is_ambiguous(first):
            return first
        try:
            second = self._post_once(message, envelopes)
        except (NoResponseError, DeliveryError):
            second = None
        if second and self.is_success(second):
            return second
        # Any other response says nothing about the first request.
        if isinstance(first, NoResponseError):
            raise first
        return first

    def _post_once(self, message: Message, envelopes: Sequence[Envelope]) -> Response:
        headers = {"Idempotency-Key": _idempotency_key(envelopes)}
        if message.images:
            return self.request("POST", "/emails", content=envelopes[0].payload, headers=headers)
        body = b"[" + b",".join(envelope.payload for envelope in envelopes) + b"]"
        headers["x-batch-validation"] = "permissive"  # one bad address does not stop the other mails
        return self.request("POST", "/emails/batch", content=body, headers=headers)

    def parse(self, response: Response, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Return the receipt of each mail: the response has ids of those accepted, in order, and errors by index."""
        if "id" in response.body:
            return [Receipt(envelopes[0].recipient, Outcome.ACCEPTED, str(response.body["id"]))]
        errors = {int(error["index"]): str(error["message"]) for error in response.body.get("errors") or []}
        accepted = [envelope for index, envelope in enumerate(envelopes) if index not in errors]
        receipts = [
            Receipt(envelope.recipient, Outcome.ACCEPTED, str(item["id"]))
            for envelope, item in zip(accepted, response.body["data"], strict=True)
        ]
        return receipts + [_refused(envelopes[index].recipient, one_line(text)) for index, text in errors.items()]

    def is_ambiguous(self, response: Response) -> bool:
        """As for other APIs, and 409: a request with this key is in progress, or was sent with other content."""
        return super().is_ambiguous(response) or response.status == _CONFLICT

    def rejects_recipient(self, response: Response) -> bool:
        """Return whether one bad address is the reason: without a batch, it makes Resend refuse the request."""
        return response.status in _INVALID and "`to`" in response.text


def _mail(message: Message, recipient: Recipient) -> dict[str, Any]:
    headers = dict(message.headers)
    mail: dict[str, Any] = {
        "from": format_mailbox(headers["From"]),
        "to": [recipient_mailbox(recipient)],
        "subject": one_line(message.fill(message.subject, recipient.values)),
        "html": message.fill(message.html, recipient.values),
        "text": message.fill(message.text, recipient.values),
        "headers": extra_headers(message, recipient),
        "tags": [{"name": "recipient", "value": recipient_tag(recipient)}],
    }
    if "Reply-To" in headers:
        mail["reply_to"] = [format_mailbox(headers["Reply-To"])]
    if message.images:
        mail["attachments"] = [
            {
                "filename": image.filename,
                "content": base64.b64encode(image.data).decode("ascii"),
                "content_type": image.media_type,
                "content_id": image.cid,
            }
            for image in message.images
        ]
    return mail


def _idempotency_key(envelopes: Sequence[Envelope]) -> str:
    """Return the same key for the same readers of the same edition: a Message-ID is one reader's in one edition."""
    return sha256("\n".join(envelope.recipient.message_id for envelope in envelopes).encode()).hexdigest()


def _refused(recipient: Recipient, text: str) -> Receipt:
    code = f"{BAD_ADDRESS} " if "`to`" in text else ""
    return Receipt(recipient, Outcome.REFUSED, f"{code}{text}")
