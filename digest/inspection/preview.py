"""What one reader would get now, changing no state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from digest import delivery, lint, render, subscribers
from digest.config import Config
from digest.drafts import Draft
from digest.editions.approve import unapproved
from digest.editions.compose import Composition, compose, edition_id, recipient_of, segment_of
from digest.editions.from_draft import composed, missing_from, on_its_way
from digest.errors import ConfigError, SourceError
from digest.models import Cadence, Edition, Message, Problem, Recipient, Subscriber
from digest.sending.readiness import require_sendable
from digest.storage import Database

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
        """Bytes of HTML as it travels: what Gmail clips at 102 kB."""
        return self.rendered.size if self.rendered else 0

    @cached_property
    def findings(self) -> Sequence[lint.Finding]:
        """What a mail program, a reader or a law would hold against it, the serious first."""
        return findings(self.composition.config, self.rendered) if self.rendered else []

    @property
    def mail(self) -> bytes:
        """The whole mail as it would be sent."""
        return delivery.to_mail(self._message, self.recipient)

    @property
    def _message(self) -> Message:
        assert self.rendered is not None, "a preview with no news has nothing to show"
        return self.rendered.message


def preview(config: Config, cadence: Cadence, now: datetime, reader: str = "", day: date | None = None) -> Preview:
    """Compose what a reader named by address, or anyone, would get now; of a day's edition, if it is not today's.

    Raises:
        UsageError: the address is not among the subscribers.
        DigestError: as for composing and rendering.
    """
    subscriber = subscribers.find_subscriber(config.audience.subscribers, reader) if reader else ANYONE
    notices = why_unsendable(config)
    config = with_a_secret(config)
    with Database.open_to_read(config.database_url) as database:
        edition_name = edition_id(config, cadence, now, day)
        composition = composed(config, database, cadence, now, edition_name)
        if day:
            composition = replace(composition, dated=day)
        if composition.draft:
            notices += _since(composition.draft, config, database, cadence, now)
            notices += filter(None, [on_its_way(database, edition_name)])
    if problem := unapproved(composition, edition_name):
        notices.append(problem)
    composition, notice = or_the_latest(composition)
    return shown_to(composition, subscriber, [*notices, *notice])


def or_the_latest(composition: Composition) -> tuple[Composition, list[Problem]]:
    """The composition, or where it has no story the newest there are, with a word about that."""
    latest = composition if composition.selection.stories else composition.latest()
    if composition.selection.stories or not latest.selection.stories:
        return composition, []
    what = f"{composition.no_news}: shown are the latest there are, and a send would send nothing"
    return latest, [Problem(f"{composition.day}-{composition.cadence}", what)]


def shown_to(composition: Composition, subscriber: Subscriber, notices: Sequence[Problem] = ()) -> Preview:
    """What one reader gets of a composition; its problems come after the `notices`. Raises TemplateError."""
    config = composition.config
    segment = segment_of(config, subscriber)
    edition = composition.edition(segment)
    rendered = composition.render(edition, segment) if edition else None
    problems = [*notices, *composition.problems, *(rendered.problems if rendered else ())]
    recipient = recipient_of(config, edition.id if edition else "", subscriber)
    return Preview(composition, recipient, edition, rendered, problems)


def findings(config: Config, rendered: render.Rendered) -> list[lint.Finding]:
    """What the lint says against a finished email, the serious first, but for what the configuration accepts.

    Raises:
        ConfigError: the data of mail programs' support that [check] names cannot be read.
    """
    data = config.check.caniemail
    return lint.lint(
        rendered.message,
        subject=rendered.message.subject,
        preheader=rendered.preheader,
        clients=config.check.clients or lint.DEFAULT_CLIENTS,
        support=lint.load_support(data) if data else None,
        baseline={*lint.BASELINE, *config.check.accepted},
    )


def sections_line(edition: Edition) -> str:
    """The sections of an edition with their counts, the lead among them: `City 3, World 2`."""
    counts = {edition.lead_section: 1}
    for section in edition.sections:
        counts[section.name] = counts.get(section.name, 0) + len(section.articles)
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def with_a_secret(config: Config) -> Config:
    """The configuration for a preview: where there is no secret, links are shown as they look; they do not work."""
    if config.secrets.secret_key:
        return config
    return replace(config, secrets=replace(config.secrets, secret_key="preview"))  # noqa: S106 - signs nothing real


def _since(draft: Draft, config: Config, database: Database, cadence: Cadence, now: datetime) -> list[Problem]:
    """What has arrived since the draft was made; sources that cannot be read are no reason not to show it."""
    try:
        new = missing_from(draft, compose(config, database, cadence, now))
    except (ConfigError, SourceError) as error:
        return [error.as_problem()]
    return [new] if new else []


def why_unsendable(config: Config) -> list[Problem]:
    """What a send would refuse the configuration for."""
    try:
        require_sendable(config)
    except ConfigError as error:
        return [error.as_problem()]
    return []
