"""What one reader would get now, changing no state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest import audience, delivery, render
from digest.config import Config
from digest.errors import ConfigError, UsageError
from digest.ledger import Ledger
from digest.models import Cadence, Edition, Message, Problem, Recipient, Subscriber
from digest.newsroom.compose import Composition, compose, edition_id, recipient_of, segment_of
from digest.newsroom.settings import require_sendable

ANYONE = Subscriber("reader@example.com")
"""Whose digest is shown when nobody is named: a reader who chose no categories."""


@dataclass(frozen=True)
class Preview:
    """What one reader would get; `edition` and `rendered` are None when there is no news for them."""

    composition: Composition
    recipient: Recipient
    edition: Edition | None
    rendered: render.Rendered | None
    problems: Sequence[Problem]

    @property
    def subject(self) -> str:
        """The subject as the reader sees it."""
        return self._message.fill(self._message.subject, self.recipient.values)

    @property
    def preheader(self) -> str:
        """What an inbox shows after the subject."""
        return self.rendered.preheader if self.rendered else ""

    @property
    def html(self) -> str:
        """The HTML part as the reader sees it, its pictures inside it so that a browser shows them."""
        return render.standalone(self._message, self.recipient.values)

    @property
    def text(self) -> str:
        """The plain-text part as the reader sees it."""
        return self._message.fill(self._message.text, self.recipient.values)

    @property
    def size(self) -> int:
        """Bytes of HTML as Gmail counts them: what it clips at 102 kB."""
        return len(self._message.html.encode())

    @property
    def mail(self) -> bytes:
        """The whole mail as it would be sent."""
        return delivery.to_mail(self._message, self.recipient)

    @property
    def _message(self) -> Message:
        assert self.rendered is not None, "a preview with no news has nothing to show"
        return self.rendered.message


def preview(config: Config, cadence: Cadence, now: datetime, reader: str = "") -> Preview:
    """Compose what a reader named by address, or anyone, would get now.

    Raises:
        UsageError: the address is not among the subscribers.
        DigestError: as for composing and rendering.
    """
    subscriber = _find(config, reader) if reader else ANYONE
    notices = _why_unsendable(config)
    if not config.secrets.secret_key:
        # An editor's machine has no secret: the unsubscribe link is shown as it looks, though it would not work.
        config = replace(config, secrets=replace(config.secrets, secret_key="preview"))  # noqa: S106 - signs nothing real
    with Ledger.open_to_read(config.database_url) as ledger:
        composition = compose(config, ledger, cadence, now)
    if not composition.selection.stories and (latest := composition.latest()).selection.stories:
        what = f"{composition.no_news}: shown are the latest there are, and a send would send nothing"
        notices.append(Problem(edition_id(config, cadence, now), what))
        composition = latest
    segment = segment_of(config, subscriber)
    edition = composition.edition(segment)
    rendered = composition.render(edition, segment) if edition else None
    problems = [*notices, *composition.problems, *(rendered.problems if rendered else ())]
    recipient = recipient_of(config, edition.id if edition else "", subscriber)
    return Preview(composition, recipient, edition, rendered, problems)


def sections_line(edition: Edition) -> str:
    """The sections of an edition with their counts, the lead among them: `City 3, World 2`."""
    counts = {edition.lead_section: 1}
    for section in edition.sections:
        counts[section.name] = counts.get(section.name, 0) + len(section.articles)
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _why_unsendable(config: Config) -> list[Problem]:
    try:
        require_sendable(config)
    except ConfigError as error:
        return [error.as_problem()]
    return []


def _find(config: Config, address: str) -> Subscriber:
    wanted = audience.normalised(address.strip())
    for row in audience.read_subscribers(config.audience.subscribers):
        if isinstance(row, Subscriber) and row.email == wanted:
            return row
    raise UsageError(
        f"{address} is not among the subscribers",
        where=str(config.audience.subscribers),
        next_step="name one that is, or leave out --as",
    )
