"""SendGrid's v3 mail/send: a thousand recipients a request, each with their own values.

Limits and meanings are those of https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from digest.config.provider_settings import SendGridSettings
from digest.core.text import describe_error, one_line
from digest.delivery.addresses import ascii_address
from digest.delivery.http_api.client import NoResponseError, NotConnectedError, Response, shorten
from digest.delivery.http_api.payload import REQUEST_FIELDS, fill_header, recipient_tag
from digest.delivery.http_api.provider import ApiProvider, Envelope, receipts_for
from digest.models import Message, Outcome, Receipt, Recipient

# At debug the package logs every request with its headers, the key among them.
logging.getLogger("python_http_client").setLevel(logging.WARNING)

_PERSONAL_HEADERS = ("List-Unsubscribe", "List-Unsubscribe-Post")

_ACCEPTED = 202  # 200 is the sandbox's, or that of a page a proxy led to
_BAD_REQUEST = 400
_UNAVAILABLE = 503

_ROUNDS = 10
"""How often a batch is sent without the recipients that SendGrid named; where it can, it names all of them at once."""


class SendGridProvider(ApiProvider):
    """Sends through the API with the sendgrid package."""

    name = "sendgrid"
    batch_size = 1000
    title = "SendGrid"
    setup_hint = "that [delivery] from is a verified sender there"

    def __init__(self, settings: SendGridSettings, secret: str) -> None:
        super().__init__(settings, settings.host, secret)

    def open_client(self, host: str, secret: str, timeout: float) -> SendGridClient:
        """Return a client that sends the key with each request."""
        return SendGridClient(host, secret, timeout)

    def check(self) -> None:
        """Prove that the key is valid and may send mail. Raises DeliveryError."""
        if "mail.send" not in self.get_object("/v3/scopes").get("scopes", []):
            raise self.error("does not let this key send mail", "give it the Mail Send permission")

    def payload_for(self, message: Message, recipient: Recipient) -> dict[str, Any]:
        """Return a recipient's personalization. Raises ValueError if the recipient cannot be sent to."""
        to = {"email": ascii_address(recipient.email)}
        if name := one_line(recipient.name):
            to["name"] = name
        return {
            "to": [to],
            "substitutions": {
                # The subject may contain them too, where a line break would begin another header.
                merge_field.token: one_line(merge_field.get_value(recipient.values))
                for merge_field in message.merge_fields
            },
            "headers": {
                "Message-ID": f"<{recipient.message_id}>",
                **{
                    name: fill_header(message, name, value, recipient)
                    for name, value in message.headers
                    if name in _PERSONAL_HEADERS
                },
            },
            "custom_args": {"recipient": recipient_tag(recipient)},
        }

    def post(self, message: Message, envelopes: Sequence[Envelope]) -> Response:
        """Send one request for all envelopes."""
        return self.request("POST", "/v3/mail/send", json=_mail_send(message, envelopes))

    def parse(self, response: Response, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Return an accepted receipt for each: a request is taken for all recipients or for none.

        Raises:
            ValueError: the status is not the one by which SendGrid accepts mails.
        """
        if response.status != _ACCEPTED:
            raise ValueError(response.status)
        return receipts_for(envelopes, Outcome.ACCEPTED, one_line(response.headers.get("x-message-id", "")))

    def is_success(self, response: Response) -> bool:
        """Return whether SendGrid did what it was asked to; a request that it accepts has an empty response."""
        return response.status == _ACCEPTED or super().is_success(response)

    def is_ambiguous(self, response: Response) -> bool:
        """As for other APIs; SendGrid's own 503 names its errors."""
        is_foreign = response.status == _UNAVAILABLE and not _errors(response.body)
        return is_foreign or super().is_ambiguous(response)

    def deliver(self, message: Message, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Send, and again without the recipients that SendGrid names as the reason for refusing the request.

        Raises:
            DeliveryError: as `send`; or SendGrid names others each time, so the recipients are not the reason.
        """
        refused: list[Receipt] = []
        for _ in range(_ROUNDS):
            receipts = super().deliver(message, envelopes)
            if len(receipts) == len(envelopes):
                return [*refused, *receipts]
            refused += receipts
            named = {receipt.recipient.email for receipt in receipts}
            envelopes = [envelope for envelope in envelopes if envelope.recipient.email not in named]
        reason = f"refuses the request for one recipient after the other: {refused[-1].detail}"
        raise self.error(reason, "fix what it names; nobody was sent anything")

    def after_refusal(self, message: Message, envelopes: Sequence[Envelope], response: Response) -> list[Receipt]:
        """Return the receipts of the recipients that SendGrid refuses by name, if any: nobody was sent anything."""
        if response.status == _BAD_REQUEST and (named := _named(response.body, len(envelopes))):
            return [
                Receipt(envelopes[index].recipient, Outcome.REFUSED, f"{response.status} {reason}")
                for index, reason in named.items()
            ]
        return super().after_refusal(message, envelopes, response)


# --- the request ------------------------------------------------------------------------------------------------------


def _mail_send(message: Message, envelopes: Sequence[Envelope]) -> dict[str, Any]:
    """Return a request's body; merge fields become SendGrid's substitution tags, so it has the content once."""
    headers = dict(message.headers)
    request: dict[str, Any] = {
        "personalizations": [envelope.payload for envelope in envelopes],
        "from": _mailbox(headers["From"]),
        "subject": one_line(message.subject),
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": message.html},
        ],
        "headers": {
            name: one_line(value)
            for name, value in message.headers
            if name not in REQUEST_FIELDS and name not in _PERSONAL_HEADERS
        },
        # No pixel and no rewritten links: the readers did not ask for them.
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }
    if "Reply-To" in headers:
        request["reply_to"] = _mailbox(headers["Reply-To"])
    if message.images:
        request["attachments"] = [
            {
                "content": base64.b64encode(image.data).decode("ascii"),
                "type": image.media_type,
                "filename": image.filename,
                "disposition": "inline",
                "content_id": image.cid,
            }
            for image in message.images
        ]
    return request


def _mailbox(value: str) -> dict[str, str]:
    name, address = parseaddr(one_line(value))
    mailbox = {"email": ascii_address(address)}
    return {**mailbox, "name": name} if name else mailbox


class SendGridClient:
    """An `http_api.client.ApiClient` with the sendgrid package, which makes a connection for each request."""

    def __init__(self, host: str, secret: str, timeout: float) -> None:
        """Prepare the client.

        Raises:
            NotConnectedError: `host` is not a valid URL.
        """
        try:
            (urlsplit(host).hostname or "").encode("idna")
        except ValueError as error:
            raise NotConnectedError(describe_error(error)) from None
        self._client = SendGridAPIClient(secret, host=host).client
        # The package has no timeout of its own: one hanging request would hang the cron job.
        self._client.timeout = timeout

    def request(self, method: str, path: str, **content: Any) -> Response:
        """Return the response; `content` may be the `json` to send.

        Raises:
            NotConnectedError, NoResponseError: there is none.
        """
        resource = self._client._(path.removeprefix("/v3/"))
        try:
            response = getattr(resource, method.lower())(request_body=content.get("json"))
        except HTTPError as error:
            response = error
        except URLError as error:
            # urllib wraps the errors that occur before the last byte of the request is out, and only those.
            reason = error.reason if isinstance(error.reason, Exception) else error
            raise NotConnectedError(describe_error(reason)) from None
        except (OSError, HTTPException, ValueError) as error:
            raise NoResponseError(describe_error(error)) from None
        return _response(response.status_code, response.body, dict(response.headers or {}))

    def close(self) -> None:
        """Nothing to close: the package keeps no connection."""


# --- the response -----------------------------------------------------------------------------------------------------


def _response(status: int, content: bytes | str, headers: Mapping[str, str]) -> Response:
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    messages = "; ".join(filter(None, (str(error.get("message", "")) for error in _errors(body))))
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    return Response(status, body, shorten(messages or text), {name.lower(): value for name, value in headers.items()})


def _errors(body: Any) -> list[Mapping[str, Any]]:
    errors = body.get("errors") if isinstance(body, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _named(body: Any, count: int) -> dict[int, str]:
    """Return what a 400 says of recipients, by their place, if it is about nothing else.

    SendGrid then sends to nobody, and names for example `personalizations.3.to.0.email`.
    """
    named = {}
    for error in _errors(body):
        match = re.match(r"personalizations\.(\d+)\.", str(error.get("field") or ""))
        if not match or int(match[1]) >= count:
            return {}
        named[int(match[1])] = one_line(str(error.get("message", "")))
    return named
