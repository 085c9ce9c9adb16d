"""Resend's API: a hundred mails a request, or one where pictures travel inside.

Limits and answers are those of https://resend.com/docs/api-reference/emails/send-batch-emails,
https://resend.com/docs/api-reference/errors and https://resend.com/docs/api-reference/rate-limit. A request has an
Idempotency-Key: within 24 hours the same one is answered as before, and not sent again
(https://resend.com/docs/dashboard/emails/idempotency-keys). Tracking is switched for a domain, not for a mail, and
the Message-ID is Resend's own.
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
from digest.delivery.http_api import (
    BAD_ADDRESS,
    Answer,
    ApiProvider,
    Letter,
    UnansweredError,
    headers_of,
    known_as,
    mailbox,
    mailbox_of,
)
from digest.errors import DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient

_BRIEFLY = 2.0
"""Seconds that are waited for at once when Resend asks for them: it takes five requests a second."""

_INVALID = (400, 422)
_NOT_ALLOWED = 401
_CONFLICT = 409


def open_provider(settings: ResendSettings, secret: str) -> ResendProvider:
    """The provider for these settings."""
    return ResendProvider(settings, secret)


class ResendProvider(ApiProvider):
    """Sends through the API."""

    name = "resend"
    batch_size = 100
    title = "Resend"
    hint = "that the domain of [delivery] from is verified there"

    def __init__(self, settings: ResendSettings, secret: str) -> None:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        super().__init__(settings, settings.host, secret, headers=headers)

    def check(self) -> None:
        """Prove that the key is good; that a domain is verified and not tracked, where the key may look at that.

        Raises:
            DeliveryError: the first of these that is not so.
        """
        answer = self.inquire("/domains")
        named = answer.body.get("name") if isinstance(answer.body, dict) else None
        if answer.status == _NOT_ALLOWED and named == "restricted_api_key":
            return  # "only to send emails", which is what it is for
        domains = self.look("/domains").get("data", [])
        verified = [domain for domain in domains if domain.get("status") in ("verified", "partially_verified")]
        if not verified:
            raise self.error("has no verified domain to send from", "add the domain of [delivery] from, and verify it")
        if all(domain.get("open_tracking") or domain.get("click_tracking") for domain in verified):
            what = "tracks who opens a mail or follows a link, whatever the mail asks for: the domain is set so"
            raise self.error(what, "switch open and click tracking off in the domain's settings there")

    def own(self, message: Message, recipient: Recipient) -> bytes:
        """A recipient's mail, as JSON. Raises ValueError when they cannot be sent to."""
        return msgspec.json.encode(_mail(message, recipient))

    def deliver(self, message: Message, letters: Sequence[Letter]) -> list[Receipt]:
        """Send all at once, or one by one with pictures; after a brief pause where Resend asks for one.

        Raises as `send`.
        """
        if message.images and len(letters) > 1:
            return self.in_turn(message, [[letter] for letter in letters])
        receipts = super().deliver(message, letters)
        pause = max(receipt.retry_after for receipt in receipts)
        if 0 < pause <= _BRIEFLY and all(receipt.outcome is Outcome.DEFERRED for receipt in receipts):
            sleep(pause)
            receipts = super().deliver(message, letters)
        return receipts

    def ask(self, message: Message, letters: Sequence[Letter]) -> Answer:
        """Send one request, and the same once more where the answer leaves it in doubt."""
        try:
            first: Answer | UnansweredError = self._post(message, letters)
        except UnansweredError as error:
            first = error
        if isinstance(first, Answer) and not first.doubtful:
            return first
        try:
            again = self._post(message, letters)
        except (UnansweredError, DeliveryError):
            again = None
        if again and again.good:
            return again
        # Whatever else it says, of the first one it says nothing.
        if isinstance(first, UnansweredError):
            raise first
        return first

    def _post(self, message: Message, letters: Sequence[Letter]) -> Answer:
        headers = {"Idempotency-Key": _key(letters)}
        if message.images:
            return self.request("POST", "/emails", content=letters[0].own, headers=headers)
        body = b"[" + b",".join(letter.own for letter in letters) + b"]"
        headers["x-batch-validation"] = "permissive"  # one bad address does not keep the others from theirs
        return self.request("POST", "/emails/batch", content=body, headers=headers)

    def read(self, answer: Answer, letters: Sequence[Letter]) -> list[Receipt]:
        """What became of each: ids of those that were taken, in order, and errors by place for the rest."""
        if "id" in answer.body:
            return [Receipt(letters[0].recipient, Outcome.ACCEPTED, str(answer.body["id"]))]
        errors = {int(error["index"]): str(error["message"]) for error in answer.body.get("errors") or []}
        taken = [letter for place, letter in enumerate(letters) if place not in errors]
        receipts = [
            Receipt(letter.recipient, Outcome.ACCEPTED, str(item["id"]))
            for letter, item in zip(taken, answer.body["data"], strict=True)
        ]
        return receipts + [_refused(letters[place].recipient, one_line(words)) for place, words in errors.items()]

    def in_doubt(self, answer: Answer) -> bool:
        """409: a request with this key is under way, or was sent with something else in it."""
        return answer.doubtful or answer.status == _CONFLICT

    def refuses_recipient(self, answer: Answer) -> bool:
        """Outside of a batch, one bad address is a request refused."""
        return answer.status in _INVALID and "`to`" in answer.words


def _mail(message: Message, recipient: Recipient) -> dict[str, Any]:
    given = dict(message.headers)
    mail: dict[str, Any] = {
        "from": mailbox(given["From"]),
        "to": [mailbox_of(recipient)],
        "subject": one_line(message.fill(message.subject, recipient.values)),
        "html": message.fill(message.html, recipient.values),
        "text": message.fill(message.text, recipient.values),
        "headers": headers_of(message, recipient),
        "tags": [{"name": "recipient", "value": known_as(recipient)}],
    }
    if "Reply-To" in given:
        mail["reply_to"] = [mailbox(given["Reply-To"])]
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


def _key(letters: Sequence[Letter]) -> str:
    """The same for the same readers of the same edition: a Message-ID is of one reader and one edition."""
    return sha256("\n".join(letter.recipient.message_id for letter in letters).encode()).hexdigest()


def _refused(recipient: Recipient, words: str) -> Receipt:
    code = f"{BAD_ADDRESS} " if "`to`" in words else ""
    return Receipt(recipient, Outcome.REFUSED, f"{code}{words}")
