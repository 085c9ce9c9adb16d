"""Mailgun's messages API: a thousand readers a request, each with their own values.

Limits and responses are those of https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending
and https://documentation.mailgun.com/docs/mailgun/quickstart-guide/responses. Two more
are the experience of newsletters that send through Mailgun: 420 is a domain's limit on recipients an hour, and after a
500 a mail may have been sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from digest.config.provider_settings import MailgunSettings
from digest.core.retry_after import read_retry_after
from digest.core.text import one_line
from digest.delivery.http_api.client import HttpClient, Response
from digest.delivery.http_api.payload import extra_headers, format_mailbox, recipient_mailbox, recipient_tag
from digest.delivery.http_api.provider import ApiProvider, Envelope, receipts_for
from digest.errors import ConfigError
from digest.models import Message, Outcome, Receipt, Recipient

_HOSTS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}

_BAD_REQUEST = 400
_UNAUTHORIZED = (401, 403)
_OVER_LIMIT = 420

_VARIABLE = re.compile(r"%(?=(?:recipient|unsubscribe|mailing_list|tag_unsubscribe)[\w.]*%)", re.IGNORECASE)
"""What Mailgun would replace if a story or a name contained it."""

_Field = tuple[str, tuple[str | None, str | bytes] | tuple[str, bytes, str]]
"""A field of multipart/form-data: its name, and a value or a file."""


class MailgunProvider(ApiProvider):
    """Sends through the API; merge fields become recipient variables, so a request has the content once."""

    name = "mailgun"
    batch_size = 1000
    title = "Mailgun"
    setup_hint = "[delivery.mailgun] domain and region"

    def __init__(self, settings: MailgunSettings, secret: str) -> None:
        """Prepare the client. Raises ConfigError if the settings have no domain."""
        if not settings.domain:
            raise ConfigError(
                "the domain to send from is missing",
                location="[delivery.mailgun] domain",
                hint="add the sending domain, as it is named at Mailgun",
            )
        self._domain = quote(settings.domain, safe="")
        super().__init__(settings, settings.host or _HOSTS[settings.region], secret)

    def open_client(self, host: str, secret: str, timeout: float) -> HttpClient:
        """Return a client that logs in with the key."""
        return HttpClient(host, timeout, auth=("api", secret))

    def check(self) -> None:
        """Prove that the key is valid and the domain is verified. Raises DeliveryError."""
        response = self.probe(f"/v4/domains/{self._domain}")
        if response.status in _UNAUTHORIZED:
            # A key that may only send may not read the domain; a request without a mail in it sends nothing.
            response = self.probe(f"/v3/{self._domain}/messages", "POST", files=[("o:testmode", (None, "yes"))])
            if response.status != _BAD_REQUEST:
                raise self.refusal(response)
            return
        if not self.is_success(response):
            raise self.refusal(response)
        domain = response.body.get("domain") if isinstance(response.body, dict) else None
        state = domain.get("state") if isinstance(domain, dict) else "unknown"
        if state != "active":
            raise self.error(f"does not send from this domain yet: it is {state}", "verify the domain's DNS there")

    def payload_for(self, message: Message, recipient: Recipient) -> tuple[str, str, dict[str, str]]:
        """Return a recipient's To, plain address and variables. Raises ValueError if they cannot be sent to."""
        to = recipient_mailbox(recipient)
        headers = extra_headers(message, recipient)
        return (
            _escape(to),
            to.rpartition("<")[2].rstrip(">"),
            {
                # The subject may contain them too, where a line break would begin another header.
                **{
                    merge_field.token: one_line(merge_field.get_value(recipient.values))
                    for merge_field in message.merge_fields
                },
                **{_variable(name): headers[name] for name in _personal_headers(message)},
                "message_id": recipient.message_id,
                "recipient_tag": recipient_tag(recipient),
            },
        )

    def post(self, message: Message, envelopes: Sequence[Envelope]) -> Response:
        """Send one request for all envelopes."""
        return self.request("POST", f"/v3/{self._domain}/messages", files=_fields(message, envelopes))

    def parse(self, response: Response, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Return an accepted receipt for each: a request is taken for all recipients or for none."""
        detail = one_line(f"{response.body['message']} {response.body['id']}")
        return receipts_for(envelopes, Outcome.ACCEPTED, detail)

    def rejects_recipient(self, response: Response) -> bool:
        """Return whether one bad address is the reason: Mailgun refuses the whole request, and does not say which."""
        pattern = r"'?to'? parameter is not a valid"
        return response.status == _BAD_REQUEST and bool(re.match(pattern, response.text))

    def rejects_size(self, response: Response) -> bool:
        """Return whether a smaller request might be accepted: a domain on probation has ten recipients a request."""
        is_probation = response.status == _BAD_REQUEST and "recipients per request" in response.text
        return is_probation or super().rejects_size(response)

    def retry_delay(self, response: Response) -> float | None:
        """As for other APIs; a 420 says in its text when to try again."""
        if response.status != _OVER_LIMIT:
            return super().retry_delay(response)
        return read_retry_after({"Retry-After": response.text.partition("try again after ")[2]})


# --- the request ------------------------------------------------------------------------------------------------------


def _fields(message: Message, envelopes: Sequence[Envelope]) -> list[_Field]:
    headers = dict(message.headers)
    payloads = [envelope.payload for envelope in envelopes]
    values = [
        ("from", format_mailbox(headers["From"])),
        *(("to", to) for to, _, _ in payloads),
        ("subject", _with_variables(message, _escape(one_line(message.subject)))),
        ("text", _with_variables(message, _escape(message.text))),
        ("html", _with_variables(message, _VARIABLE.sub("&#37;", message.html))),
        ("recipient-variables", json.dumps({address: variables for _, address, variables in payloads})),
        # No pixel and no rewritten links: the readers did not ask for them.
        ("o:tracking", "no"),
        ("o:tracking-clicks", "no"),
        ("o:tracking-opens", "no"),
        ("h:Message-Id", "<%recipient.message_id%>"),
        ("v:recipient", "%recipient.recipient_tag%"),
    ]
    personal = _personal_headers(message)
    shared = extra_headers(message, envelopes[0].recipient)
    values += [
        (f"h:{name}", f"%recipient.{_variable(name)}%" if name in personal else _escape(value))
        for name, value in shared.items()
    ]
    if "Reply-To" in headers:
        values.append(("h:Reply-To", format_mailbox(headers["Reply-To"])))
    fields: list[_Field] = [(name, (None, value)) for name, value in values]
    # A picture's file name is its Content-ID.
    return fields + [("inline", (image.cid, image.data, image.media_type)) for image in message.images]


def _personal_headers(message: Message) -> list[str]:
    """Return the names of the headers that contain a merge field."""
    return [
        name
        for name, value in message.headers
        if any(merge_field.token in value for merge_field in message.merge_fields)
    ]


def _variable(header: str) -> str:
    return header.lower().replace("-", "_")


def _with_variables(message: Message, text: str) -> str:
    for merge_field in message.merge_fields:
        text = text.replace(merge_field.token, f"%recipient.{merge_field.token}%")
    return text


def _escape(text: str) -> str:
    """Return a text in which Mailgun finds no variable: an invisible word joiner follows the percent sign of each."""
    return _VARIABLE.sub("%\N{WORD JOINER}", text)
