"""The ways out that the law and the large providers ask for, and slots that would reach a reader unfilled."""

from __future__ import annotations

from collections.abc import Iterator

from digest.core.merge_fields import TOKEN_PATTERN
from digest.lint.findings import Finding, serious
from digest.lint.page import Page
from digest.models import Message


def of_leaving(message: Message, page: Page) -> Iterator[Finding]:
    """Findings about unsubscribing."""
    tokens = {
        merge_field.form: merge_field.token
        for merge_field in message.merge_fields
        if merge_field.name == "unsubscribe_url"
    }
    html = tokens.get("html")
    if not html or not any(html in link.get("href", "") for link in page.named("a")):
        yield _no_way_out("HTML part", "footer.mjml")
    if not (text := tokens.get("text")) or text not in message.text:
        yield _no_way_out("text part", "digest.txt")
    headers = {name.casefold(): value for name, value in message.headers}
    if not headers.get("list-unsubscribe", "").strip():
        what = "no List-Unsubscribe, which Gmail and Yahoo require of newsletters (RFC 2369)"
        hint = "set audience.unsubscribe_mailto or audience.unsubscribe_url"
        yield serious("list-unsubscribe", what, "headers", hint)


def of_slots(message: Message, preheader: str) -> Iterator[Finding]:
    """Findings about slots that nothing will fill."""
    known = {(merge_field.form, merge_field.token) for merge_field in message.merge_fields}
    parts = [
        ("HTML part", "html", message.html),
        ("text part", "text", message.text),
        ("subject", "text", message.subject),
        ("preheader", "html", preheader),
        *((f"header {name}", "text", value) for name, value in message.headers),
    ]
    for where, form, part in parts:
        for token in sorted(set(TOKEN_PATTERN.findall(part))):
            if (form, token) not in known:
                what = f"readers would see {token}, a slot that is never filled"
                yield serious("slot", what, where, "ask for the slot in the template by slot(...)")


def _no_way_out(where: str, template: str) -> Finding:
    hint = f'put {{{{ merge_field("unsubscribe_url") }}}} into {template}'
    return serious("unsubscribe", "no link to unsubscribe", where, hint)
