"""Mailgun's messages API: a thousand readers a request, each with their own values.

Limits and answers are those of https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending
and https://documentation.mailgun.com/docs/mailgun/quickstart-guide/responses. What is said of a status besides, the
newsletters that send through Mailgun have found: 420 is a domain's limit on recipients an hour, and after a 500 a mail
may have been sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from digest.config.provider_settings import MailgunSettings
from digest.core.retry_after import read_retry_after
from digest.core.text import one_line
from digest.delivery.http_api import (
    Answer,
    ApiProvider,
    Letter,
    all_of,
    headers_of,
    known_as,
    mailbox,
    mailbox_of,
)
from digest.errors import ConfigError
from digest.models import Message, Outcome, Receipt, Recipient

_HOSTS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}

_BAD_REQUEST = 400
_NOT_ALLOWED = (401, 403)
_OVER_LIMIT = 420

_VARIABLE = re.compile(r"%(?=(?:recipient|unsubscribe|mailing_list|tag_unsubscribe)[\w.]*%)", re.IGNORECASE)
"""What Mailgun would fill in if a story or a name held it."""

_Field = tuple[str, tuple[str | None, str | bytes] | tuple[str, bytes, str]]
"""A field of multipart/form-data: its name, and a value or a file."""


def open_provider(settings: MailgunSettings, secret: str) -> MailgunProvider:
    """The provider for these settings. Raises ConfigError where they lack the domain."""
    return MailgunProvider(settings, secret)


class MailgunProvider(ApiProvider):
    """Sends through the API: the slots are Mailgun's recipient variables, so the content is sent once a request."""

    name = "mailgun"
    batch_size = 1000
    title = "Mailgun"
    hint = "[delivery.mailgun] domain and region"

    def __init__(self, settings: MailgunSettings, secret: str) -> None:
        if not settings.domain:
            raise ConfigError(
                "the domain to send from is missing",
                location="[delivery.mailgun] domain",
                hint="add the sending domain as Mailgun has it",
            )
        self._domain = quote(settings.domain, safe="")
        super().__init__(settings, settings.host or _HOSTS[settings.region], secret, headers={}, basic="api")

    def check(self) -> None:
        """Prove that the key is good and the domain is verified. Raises DeliveryError."""
        answer = self.inquire(f"/v4/domains/{self._domain}")
        if answer.status in _NOT_ALLOWED:
            # A key that may only send may not look either; a mail without anything in it is not sent to anybody.
            answer = self.inquire(f"/v3/{self._domain}/messages", "POST", files=[("o:testmode", (None, "yes"))])
            if answer.status != _BAD_REQUEST:
                raise self.refusal(answer)
            return
        if not answer.good:
            raise self.refusal(answer)
        domain = answer.body.get("domain") if isinstance(answer.body, dict) else None
        state = domain.get("state") if isinstance(domain, dict) else "unknown"
        if state != "active":
            raise self.error(f"does not send from this domain yet: it is {state}", "verify the domain's DNS there")

    def own(self, message: Message, recipient: Recipient) -> tuple[str, str, dict[str, str]]:
        """A recipient's To, plain address and variables. Raises ValueError when they cannot be sent to."""
        to = mailbox_of(recipient)
        headers = headers_of(message, recipient)
        return (
            _literal(to),
            to.rpartition("<")[2].rstrip(">"),
            {
                # The subject may hold them too, where a line break would begin another header.
                **{
                    merge_field.token: one_line(merge_field.value(recipient.values))
                    for merge_field in message.merge_fields
                },
                **{_variable(name): headers[name] for name in _personal(message)},
                "message_id": recipient.message_id,
                "known_as": known_as(recipient),
            },
        )

    def ask(self, message: Message, letters: Sequence[Letter]) -> Answer:
        """Send one request for all letters."""
        return self.request("POST", f"/v3/{self._domain}/messages", files=_fields(message, letters))

    def read(self, answer: Answer, letters: Sequence[Letter]) -> list[Receipt]:
        """All or none were taken."""
        return all_of(letters, Outcome.ACCEPTED, one_line(f"{answer.body['message']} {answer.body['id']}"))

    def refuses_recipient(self, answer: Answer) -> bool:
        """One bad address has the whole request refused, and the answer does not say which."""
        return answer.status == _BAD_REQUEST and bool(re.match(r"'?to'? parameter is not a valid", answer.words))

    def refuses_size(self, answer: Answer) -> bool:
        """A domain on probation has ten recipients a request."""
        few = answer.status == _BAD_REQUEST and "recipients per request" in answer.words
        return few or super().refuses_size(answer)

    def pause(self, answer: Answer) -> float | None:
        """420 tells in its words when to try again."""
        if answer.status != _OVER_LIMIT:
            return super().pause(answer)
        return read_retry_after({"Retry-After": answer.words.partition("try again after ")[2]})


# --- the request ------------------------------------------------------------------------------------------------------


def _fields(message: Message, letters: Sequence[Letter]) -> list[_Field]:
    given = dict(message.headers)
    own = [letter.own for letter in letters]
    values = [
        ("from", mailbox(given["From"])),
        *(("to", to) for to, _, _ in own),
        ("subject", _with_variables(message, _literal(one_line(message.subject)))),
        ("text", _with_variables(message, _literal(message.text))),
        ("html", _with_variables(message, _VARIABLE.sub("&#37;", message.html))),
        ("recipient-variables", json.dumps({address: variables for _, address, variables in own})),
        # No pixel and no rewritten links: its readers did not ask for them.
        ("o:tracking", "no"),
        ("o:tracking-clicks", "no"),
        ("o:tracking-opens", "no"),
        ("h:Message-Id", "<%recipient.message_id%>"),
        ("v:recipient", "%recipient.known_as%"),
    ]
    personal = _personal(message)
    shared = headers_of(message, letters[0].recipient)
    values += [
        (f"h:{name}", f"%recipient.{_variable(name)}%" if name in personal else _literal(value))
        for name, value in shared.items()
    ]
    if "Reply-To" in given:
        values.append(("h:Reply-To", mailbox(given["Reply-To"])))
    fields: list[_Field] = [(name, (None, value)) for name, value in values]
    # A picture's file name is its Content-ID.
    return fields + [("inline", (image.cid, image.data, image.media_type)) for image in message.images]


def _personal(message: Message) -> list[str]:
    """The headers that hold a slot."""
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


def _literal(text: str) -> str:
    """A text in which Mailgun finds nothing to fill in: a word joiner, which is not seen, stands behind the sign."""
    return _VARIABLE.sub("%\N{WORD JOINER}", text)
