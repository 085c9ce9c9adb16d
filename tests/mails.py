"""Emails as a mail program reads them."""

import email
import email.policy
from email.message import EmailMessage


def parse_mail(mail: bytes) -> EmailMessage:
    """The message, which has no defects."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def read_texts(message: EmailMessage) -> tuple[str, str]:
    """The plain text and the HTML."""
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    return text.get_content(), html.get_content()
