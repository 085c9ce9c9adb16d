"""Check what an inbox shows before an email is opened: the subject and the preheader."""

from __future__ import annotations

from collections.abc import Iterator

from digest.core.inbox import MIN_PREHEADER_LENGTH, PREHEADER_LENGTH, SUBJECT_LENGTH
from digest.lint.findings import Finding, minor, serious

_SHORTEN = "shorten it, or put what matters first"


def check_subject(subject: str) -> Iterator[Finding]:
    """Check that a subject is there, is not too long and does not shout."""
    subject = " ".join(subject.split())
    if not subject:
        hint = "set one, or leave it out for the lead's headline"
        yield serious("subject-missing", "there is no subject", "subject", hint)
    if len(subject) > SUBJECT_LENGTH:
        message = f"has {len(subject)} characters, and inboxes show {SUBJECT_LENGTH}"
        yield minor("subject-length", message, "subject", _SHORTEN)
    capitals = sum(map(str.isupper, subject))
    # More than half of it, so that a name in capitals among Chinese or Arabic words does not count as shouting.
    if subject.isupper() and " " in subject and capitals > sum(map(str.isalpha, subject)) / 2:
        yield minor("subject-capitals", "is all in capitals, like spam", "subject", "write it as a sentence")


def check_preheader(preheader: str) -> Iterator[Finding]:
    """Check that a preheader is there and fills the line without being cut."""
    length = len(" ".join(preheader.split()))
    if not length:
        message = "is missing, so inboxes show whatever text comes first"
        yield minor("preheader-missing", message, "preheader", "set one, or leave it out for the next headlines")
    elif length < MIN_PREHEADER_LENGTH:
        message = f"has {length} characters, and inboxes fill up to {MIN_PREHEADER_LENGTH} with other text"
        yield minor("preheader-length", message, "preheader", "say more in it")
    elif length > PREHEADER_LENGTH:
        message = f"has {length} characters, and inboxes show {PREHEADER_LENGTH}"
        yield minor("preheader-length", message, "preheader", _SHORTEN)
