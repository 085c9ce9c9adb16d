"""What an inbox shows before the mail is opened: the subject and the preheader."""

from __future__ import annotations

from collections.abc import Iterator

from digest.core.inbox import MIN_PREHEADER_LENGTH, PREHEADER_LENGTH, SUBJECT_LENGTH
from digest.lint.findings import Finding, minor, serious


def of_inbox(subject: str, preheader: str) -> Iterator[Finding]:
    """Findings about a subject and a preheader."""
    yield from _subject(" ".join(subject.split()))
    yield from _preheader(" ".join(preheader.split()))


def _subject(subject: str) -> Iterator[Finding]:
    if not subject:
        yield serious(
            "subject-missing", "there is no subject", "subject", "set one, or leave it to the lead's headline"
        )
    if len(subject) > SUBJECT_LENGTH:
        what = f"has {len(subject)} characters, and inboxes show {SUBJECT_LENGTH}"
        yield minor("subject-length", what, "subject", "shorten it, or put what matters first")
    capitals = sum(map(str.isupper, subject))
    # Most of it, so that no name in capitals among Chinese or Arabic words counts as shouting.
    if subject.isupper() and " " in subject and capitals > sum(map(str.isalpha, subject)) / 2:
        yield minor("subject-capitals", "is all in capitals, as spam is", "subject", "write it as a sentence")


def _preheader(preheader: str) -> Iterator[Finding]:
    least, most = MIN_PREHEADER_LENGTH, PREHEADER_LENGTH
    if not preheader:
        what = "is missing, and inboxes show whatever text comes first"
        yield minor("preheader-missing", what, "preheader", "set one, or leave it to the next headlines")
    elif len(preheader) < least:
        what = f"has {len(preheader)} characters, and inboxes fill the line from {least} on with other text"
        yield minor("preheader-length", what, "preheader", "say more in it")
    elif len(preheader) > most:
        what = f"has {len(preheader)} characters, and inboxes show {most}"
        yield minor("preheader-length", what, "preheader", "shorten it, or put what matters first")
