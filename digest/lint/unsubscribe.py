"""Check the ways to unsubscribe that the law and the large mailbox providers require."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.findings import Finding, serious
from digest.lint.page import Page
from digest.models import Message


def check_unsubscribe(message: Message, page: Page) -> Iterator[Finding]:
    """Check that both parts have an unsubscribe link, and the headers a List-Unsubscribe."""
    tokens = {
        merge_field.form: merge_field.token
        for merge_field in message.merge_fields
        if merge_field.name == "unsubscribe_url"
    }
    html = tokens.get("html")
    if not html or not any(html in link.get("href", "") for link in page.find_all("a")):
        yield _missing_link("HTML part", "footer.mjml")
    if not (text := tokens.get("text")) or text not in message.text:
        yield _missing_link("text part", "digest.txt")
    headers = {name.casefold(): value for name, value in message.headers}
    if not headers.get("list-unsubscribe", "").strip():
        missing = "no List-Unsubscribe, which Gmail and Yahoo require of newsletters (RFC 2369)"
        hint = "set audience.unsubscribe_mailto or audience.unsubscribe_url"
        yield serious("list-unsubscribe", missing, "headers", hint)


def _missing_link(location: str, template: str) -> Finding:
    hint = f'put {{{{ merge_field("unsubscribe_url") }}}} into {template}'
    return serious("unsubscribe", "no unsubscribe link", location, hint)
