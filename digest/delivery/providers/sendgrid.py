"""SendGrid's v3 mail/send: a thousand recipients a request, each with their own values.

Limits and meanings are those of https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from digest.config.provider_settings import SendGridSettings
from digest.core.retry_after import read_retry_after
from digest.core.text import one_line
from digest.delivery.addresses import ascii_address
from digest.delivery.mime import header_value
from digest.errors import DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient

_PERSONAL_HEADERS = ("List-Unsubscribe", "List-Unsubscribe-Post")
_OWN_FIELDS = ("From", "Reply-To", "Date")
"""Headers that the API takes as fields of the request, or sets itself."""

_ACCEPTED = 202  # 200 is the sandbox's, or that of a page a proxy led to
_BAD_REQUEST = 400
_NOT_ALLOWED = (401, 403)
_TOO_LARGE = 413
_TOO_MANY = 429
_NOT_NOW = 503
_ROUNDS = 10
"""So often a batch is sent without those whom SendGrid named, which is of everyone at once where it can tell."""
_SERVER_ERROR = 500


def open_provider(settings: SendGridSettings, secret: str) -> SendGridProvider:
    """The provider for these settings."""
    return SendGridProvider(settings, secret)


class SendGridProvider:
    """Sends through the API with the sendgrid package."""

    name = "sendgrid"
    batch_size = 1000

    def __init__(self, settings: SendGridSettings, secret: str) -> None:
        self._host = settings.host
        if not re.fullmatch(r"[!-~]+", secret):
            raise self._error("has no such key: it holds a character that no key has", "check SENDGRID_API_KEY")
        self._client = SendGridAPIClient(secret, host=settings.host).client
        # The package waits for ever unless told: one hanging call would hang the cron.
        self._client.timeout = settings.timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing stays open: the package makes a connection for each call."""

    def check(self) -> None:
        """Prove that the key is good and may send mail. Raises DeliveryError."""
        try:
            scopes = json.loads(self._client.scopes.get().body).get("scopes", [])
        except HTTPError as error:
            raise self._refused(error.status_code, _words(error.body)) from None
        except (URLError, OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        except (ValueError, AttributeError):
            raise self._error(
                "answers with something that is no list of scopes", "check [delivery.sendgrid] host"
            ) from None
        if "mail.send" not in scopes:
            raise self._error("lets this key do much, but not send mail", "give it the Mail Send permission")

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send one request for all recipients; see SendGrid's answers below for what each comes to.

        Raises:
            DeliveryError: SendGrid cannot be reached, refuses the key or the sender, or the request as such.
        """
        receipts: dict[str, Receipt] = {}
        sendable: list[Recipient] = []
        for recipient in recipients:
            try:
                ascii_address(recipient.email)
                sendable.append(recipient)
            except ValueError as error:
                receipts[recipient.email] = Receipt(recipient, Outcome.REFUSED, str(error))
        if sendable:
            receipts |= {receipt.recipient.email: receipt for receipt in self._without_the_refused(message, sendable)}
        return [receipts[recipient.email] for recipient in recipients]

    def _without_the_refused(self, message: Message, recipients: Sequence[Recipient]) -> list[Receipt]:
        """Send, and again without those whom SendGrid names as the reason for taking none.

        Raises:
            DeliveryError: it names others each time: it is not they who are wrong.
        """
        refused: list[Receipt] = []
        for _ in range(_ROUNDS):
            receipts = self._send(message, recipients)
            if len(receipts) == len(recipients):
                return [*refused, *receipts]
            refused += receipts
            named = {receipt.recipient.email for receipt in receipts}
            recipients = [recipient for recipient in recipients if recipient.email not in named]
        why = f"refuses the request for one recipient after the other: {refused[-1].detail}"
        raise self._error(why, "mend what it names; nobody was sent anything")

    def _send(self, message: Message, recipients: Sequence[Recipient]) -> list[Receipt]:
        """One request, and a receipt for each recipient; of those who are refused alone if it was taken for nobody."""
        try:
            answer = self._client.mail.send.post(request_body=mail_send(message, recipients))
        except HTTPError as error:
            return self._after_refusal(message, recipients, error)
        except URLError as error:
            # urllib wraps what goes wrong before the last byte of the request is out, and only that.
            raise self._unreachable(error) from None
        except (OSError, http.client.HTTPException) as error:
            return _all(recipients, Outcome.IN_DOUBT, f"no answer after the request was sent: {_words(error)}")
        if answer.status_code != _ACCEPTED:
            return _all(recipients, Outcome.IN_DOUBT, f"an answer that says nothing: {answer.status_code}")
        return _all(recipients, Outcome.ACCEPTED, one_line(answer.headers.get("X-Message-Id", "") or ""))

    def _after_refusal(self, message: Message, recipients: Sequence[Recipient], error: HTTPError) -> list[Receipt]:
        status, words = error.status_code, _words(error.body)
        if status in _NOT_ALLOWED:
            raise self._refused(status, words)
        if status == _TOO_MANY:
            pause = read_retry_after(dict(error.headers or {}))
            return _all(recipients, Outcome.DEFERRED, f"429 too many requests: {words}", pause)
        if status >= _SERVER_ERROR:
            # A server that failed on the way (500) may have accepted, and so may the one behind a gateway (502, 504).
            # 503 says that it did not begin, where it is the API's own word and no proxy's.
            outcome = Outcome.DEFERRED if status == _NOT_NOW and _errors(error.body) else Outcome.IN_DOUBT
            return _all(recipients, outcome, f"{status}: {words}")
        if status == _TOO_LARGE and len(recipients) > 1:
            return self._in_halves(message, recipients)
        if status == _TOO_LARGE:
            raise self._error(f"413: the mail is too large: {words}", "attach fewer pictures, or use smaller ones")
        if status == _BAD_REQUEST and (named := _named(error.body, len(recipients))):
            return [Receipt(recipients[index], Outcome.REFUSED, f"400 {why}") for index, why in named.items()]
        raise self._error(f"refuses the request: {status} {words}", "mend what it names; nobody was sent anything")

    def _in_halves(self, message: Message, recipients: Sequence[Recipient]) -> list[Receipt]:
        middle = len(recipients) // 2
        receipts = self._without_the_refused(message, recipients[:middle])
        try:
            receipts += self._without_the_refused(message, recipients[middle:])
        except DeliveryError as error:
            # Raised on, it would say that nobody was sent anything, and the first half would get it twice.
            receipts += _all(recipients[middle:], Outcome.DEFERRED, one_line(error.message))
        return receipts

    def _refused(self, status: int, words: str) -> DeliveryError:
        if status not in _NOT_ALLOWED:
            return self._error(f"answers {status}: {words}", "try again later")
        what = f"refuses the key or the sender: {status} {words}"
        return self._error(what, "check SENDGRID_API_KEY, and that [delivery] from is a verified sender there")

    def _unreachable(self, error: Exception) -> DeliveryError:
        reason = _words(getattr(error, "reason", None) or error)
        return self._error(f"cannot be reached: {reason}", "check the network and [delivery.sendgrid] host")

    def _error(self, what: str, hint: str) -> DeliveryError:
        return DeliveryError(f"SendGrid {what}", location=self._host, hint=hint)


# --- the request ------------------------------------------------------------------------------------------------------


def mail_send(message: Message, recipients: Sequence[Recipient]) -> dict[str, Any]:
    """The body of one request; the slots' tokens are SendGrid's substitution tags, so the content is sent once."""
    headers = dict(message.headers)
    request: dict[str, Any] = {
        "personalizations": [_personalization(message, recipient) for recipient in recipients],
        "from": _mailbox(headers["From"]),
        "subject": one_line(message.subject),
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": message.html},
        ],
        "headers": {
            name: one_line(value)
            for name, value in message.headers
            if name not in _OWN_FIELDS and name not in _PERSONAL_HEADERS
        },
        # No pixel and no rewritten links unless a newsroom asks for them: its readers did not.
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


def _personalization(message: Message, recipient: Recipient) -> dict[str, Any]:
    to = {"email": ascii_address(recipient.email)}
    if name := one_line(recipient.name):
        to["name"] = name
    return {
        "to": [to],
        "substitutions": {
            merge_field.token: merge_field.value(recipient.values) for merge_field in message.merge_fields
        },
        "headers": {
            "Message-ID": f"<{recipient.message_id}>",
            **{
                name: header_value(message, name, value, recipient)
                for name, value in message.headers
                if name in _PERSONAL_HEADERS
            },
        },
        # Comes back in every event: it names the recipient to us and to nobody else.
        "custom_args": {"recipient": recipient.message_id.partition("@")[0]},
    }


def _mailbox(value: str) -> dict[str, str]:
    name, address = parseaddr(one_line(value))
    mailbox = {"email": ascii_address(address)}
    return {**mailbox, "name": name} if name else mailbox


# --- the answer -------------------------------------------------------------------------------------------------------


def _all(recipients: Sequence[Recipient], outcome: Outcome, detail: str, pause: float = 0.0) -> list[Receipt]:
    return [Receipt(recipient, outcome, detail, pause) for recipient in recipients]


def _errors(body: Any) -> list[Mapping[str, Any]]:
    try:
        errors = json.loads(body).get("errors", [])
    except (ValueError, TypeError, AttributeError):
        return []
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _named(body: Any, count: int) -> dict[int, str]:
    """The recipients a 400 names, by place: SendGrid tells of `personalizations.3.to.0.email`, and takes none."""
    named = {}
    for error in _errors(body):
        match = re.match(r"personalizations\.(\d+)\.", str(error.get("field") or ""))
        if not match or int(match[1]) >= count:
            return {}
        named[int(match[1])] = one_line(str(error.get("message", "")))
    return named


def _words(told: Any) -> str:
    messages = [str(error.get("message", "")) for error in _errors(told)] if isinstance(told, bytes | str) else []
    text = "; ".join(filter(None, messages)) or (
        told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    )
    return one_line(text)[:300] or (type(told).__name__ if isinstance(told, Exception) else "no reason given")
