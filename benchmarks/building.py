"""Build mails from a Message: digest's joined pieces, compared with an EmailMessage and with rendering for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.measure import Row, measured
from benchmarks.sample import NOW, PUBLICATION, SENDER, edition, message, recipient

_EACH = 500
"""Mails for the slower methods, at full scale."""


def rows(scale: float) -> Iterator[Row]:
    """A million mails of 60 kB at full scale."""
    count = int(1_000_000 * scale)
    joined = measured(_joined, count)
    rate = count / joined.seconds
    few = max(1, int(_EACH * scale))
    one_by_one = measured(_with_email_message, few)
    rendered = measured(_rendered, few)
    task = f"build {count:,} mails of 60 kB"
    yield Row(task, rate, "mails/s", "EmailMessage for each", few / one_by_one.seconds, joined.peak)
    yield Row(task, rate, "mails/s", "render for each", few / rendered.seconds, joined.peak)


def _joined(count: int, begin: Callable[[], None]) -> int:
    from digest.delivery.mime import CompiledMessage

    newsletter = message()
    people = [recipient(number) for number in range(1000)]
    begin()
    compiled = CompiledMessage(newsletter)
    return sum(len(compiled.mail_for(people[number % 1000])) for number in range(count))


def _with_email_message(count: int, begin: Callable[[], None]) -> int:
    from email.message import EmailMessage
    from email.policy import SMTP

    newsletter = message()
    begin()
    total = 0
    for number in range(count):
        person = recipient(number)
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = SENDER, person.email, newsletter.subject
        mail["List-Unsubscribe"] = f"<{person.values['unsubscribe_url']}>"
        mail.set_content(newsletter.fill(newsletter.text, person.values), cte="quoted-printable")
        mail.add_alternative(newsletter.fill(newsletter.html, person.values), subtype="html", cte="quoted-printable")
        total += len(mail.as_bytes())
    return total


def _rendered(count: int, begin: Callable[[], None]) -> int:
    from digest.delivery.mime import CompiledMessage
    from digest.render import render

    issue = edition(50)
    begin()
    total = 0
    for number in range(count):
        person = recipient(number)
        values = {**person.values, "preferences_url": ""}
        one = render(issue, PUBLICATION, now=NOW).message
        total += len(CompiledMessage(one).mail_for(type(person)(person.email, person.message_id, values)))
    return total
