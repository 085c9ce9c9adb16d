"""Run every rule on one email."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain

from digest.lint.caniemail import Support
from digest.lint.client_support import DEFAULT_CLIENTS, check_client_support
from digest.lint.contrast import check_contrast
from digest.lint.document import check_conditional_comments, check_headings, check_language, check_nesting
from digest.lint.findings import Finding, group_findings
from digest.lint.inbox import check_preheader, check_subject
from digest.lint.markup import check_active_content, check_images, check_link_text, check_tables, check_urls
from digest.lint.message_parts import check_merge_fields, check_sizes, check_text_part
from digest.lint.page import Page
from digest.lint.unsubscribe import check_unsubscribe
from digest.models import Message


def lint(
    message: Message,
    *,
    subject: str,
    preheader: str,
    clients: Collection[str] = DEFAULT_CLIENTS,
    support: Support | None = None,
    baseline: Collection[str] = (),
) -> list[Finding]:
    """Check an email as it will be sent. Uses neither network nor files, and raises nothing whatever the HTML is.

    Args:
        message: Its merge fields are open.
        subject: As an inbox shows it.
        preheader: As an inbox shows it.
        clients: The mail programs that matter: caniemail's `family.platform`, with `*` for any (`gmail.*`).
        support: What they support; without it the rule `client-support` is left out.
        baseline: Features that the templates use on purpose: `BASELINE`, and a newsroom's own.

    Returns:
        The findings, serious ones first; findings that differ only in their location are one.
    """
    page = Page(message.html)
    return group_findings(
        chain(
            check_sizes(page, message.text),
            check_subject(subject),
            check_preheader(preheader),
            check_unsubscribe(message, page),
            check_merge_fields(message, preheader),
            check_language(page),
            check_headings(page),
            check_nesting(page),
            check_conditional_comments(message.html),
            check_active_content(page),
            check_urls(page, {merge_field.token for merge_field in message.merge_fields}),
            check_link_text(page),
            check_images(page),
            check_tables(page),
            check_contrast(page),
            check_text_part(page, message.text),
            check_client_support(page, clients, support, baseline) if support else (),
        )
    )
