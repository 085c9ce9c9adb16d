"""Every rule on one email."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain

from digest.lint.clients import DEFAULT_CLIENTS, Support, of_clients
from digest.lint.contrast import of_contrast
from digest.lint.document import of_conditional_comments, of_headings, of_language, of_nesting
from digest.lint.findings import Finding, gathered
from digest.lint.inbox import of_inbox
from digest.lint.leaving import of_leaving, of_slots
from digest.lint.markup import of_active_content, of_addresses, of_images, of_links, of_tables
from digest.lint.page import Page
from digest.lint.parts import of_parts
from digest.lint.size import of_sizes
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
    """Look at an email as it will be sent. Uses neither network nor files, and raises nothing whatever the HTML.

    Args:
        message: Its slots are open.
        subject: As an inbox shows it.
        preheader: Likewise.
        clients: Which mail programs matter: caniemail's `family.platform`, with `*` for any (`gmail.*`).
        support: What those support; None leaves the rule `client-support` out.
        baseline: Features that the templates use on purpose: `BASELINE`, and a newsroom's own.

    Returns:
        The serious findings first; equal ones at several places are one.
    """
    page = Page(message.html)
    return gathered(
        chain(
            of_sizes(page, message.text),
            of_inbox(subject, preheader),
            of_leaving(message, page),
            of_slots(message, preheader),
            of_language(page),
            of_headings(page),
            of_nesting(page),
            of_conditional_comments(message.html),
            of_active_content(page),
            of_addresses(page, {merge_field.token for merge_field in message.merge_fields}),
            of_links(page),
            of_images(page),
            of_tables(page),
            of_contrast(page),
            of_parts(page, message.text),
            of_clients(page, clients, support, baseline) if support else (),
        )
    )
