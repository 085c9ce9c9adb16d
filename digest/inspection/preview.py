"""What one reader would get now; changes no state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from digest import delivery, lint, render, subscribers
from digest.config import Config
from digest.drafts import Draft
from digest.editions.approve import check_approval
from digest.editions.compose import compose_from_sources
from digest.editions.composition import Composition
from digest.editions.from_draft import check_editable, check_for_new_stories, compose_edition
from digest.editions.naming import edition_id
from digest.editions.recipients import assign_segment, make_recipient
from digest.errors import ConfigError, SourceError
from digest.models import Cadence, Edition, Message, Problem, Recipient, Subscriber
from digest.sending.readiness import require_sendable
from digest.storage import Database

ANYONE = Subscriber("reader@example.com")
"""The reader whose email is shown by default: one who chose no categories."""


@dataclass(frozen=True)
class Preview:
    """What one reader would get; `edition` and `rendered` are None if there is no news for them."""

    composition: Composition
    recipient: Recipient
    edition: Edition | None
    rendered: render.RenderedEmail | None
    problems: Sequence[Problem]

    @property
    def subject(self) -> str:
        """The subject as the reader sees it."""
        return self._message.fill(self._message.subject, self.recipient.values)

    @property
    def preheader(self) -> str:
        """The text that an inbox shows after the subject."""
        return self.rendered.preheader if self.rendered else ""

    @property
    def html(self) -> str:
        """The HTML part as the reader sees it, with its pictures embedded so that a browser shows them."""
        return render.to_standalone_html(self._message, self.recipient.values)

    @property
    def text(self) -> str:
        """The plain-text part as the reader sees it."""
        return self._message.fill(self._message.text, self.recipient.values)

    @property
    def size(self) -> int:
        """Bytes of HTML as sent; Gmail clips an email at 102 kB."""
        return self.rendered.size if self.rendered else 0

    @cached_property
    def findings(self) -> Sequence[lint.Finding]:
        """The lint's findings, serious ones first."""
        return lint_email(self.composition.config, self.rendered) if self.rendered else []

    @property
    def mail(self) -> bytes:
        """The complete email as it would be sent."""
        return delivery.to_mail(self._message, self.recipient)

    @property
    def _message(self) -> Message:
        assert self.rendered is not None, "a preview with no news has nothing to show"
        return self.rendered.message


def preview(config: Config, cadence: Cadence, now: datetime, reader: str = "", day: date | None = None) -> Preview:
    """Compose what a reader would get now; `day` chooses an edition other than today's.

    Raises:
        UsageError: nobody has that address.
        DigestError: as for composing and rendering.
    """
    notices = find_config_problems(config)
    config = with_preview_secret(config)
    with Database.read_for(config) as database:
        store = subscribers.open_store(config, database, now)
        subscriber = subscribers.find_subscriber(store, reader) if reader else ANYONE
        edition_name = edition_id(config, cadence, now, day)
        composition = compose_edition(config, database, cadence, now, edition_name)
        if day:
            composition = replace(composition, fixed_day=day)
        if composition.draft:
            notices += _find_new_stories(composition.draft, config, database, cadence, now)
            notices += filter(None, [check_editable(database, edition_name)])
    if problem := check_approval(composition):
        notices.append(problem)
    composition, notice = with_latest_stories(composition)
    return preview_for(composition, subscriber, [*notices, *notice])


def with_latest_stories(composition: Composition) -> tuple[Composition, list[Problem]]:
    """Return the composition; if it has no stories, one with the newest there are, and a Problem that says so."""
    latest = composition if composition.selection.stories else composition.with_latest_stories()
    if composition.selection.stories or not latest.selection.stories:
        return composition, []
    message = f"{composition.no_news_reason}: showing the latest stories; a send would send nothing"
    return latest, [Problem(f"{composition.day}-{composition.cadence}", message)]


def preview_for(composition: Composition, subscriber: Subscriber, notices: Sequence[Problem] = ()) -> Preview:
    """Return a Preview of a composition for one reader; its problems follow the `notices`. Raises TemplateError."""
    config = composition.config
    segment = assign_segment(config, subscriber)
    edition = composition.lay_out(segment)
    rendered = composition.render(edition, segment) if edition else None
    problems = [*notices, *composition.problems, *(rendered.problems if rendered else ())]
    recipient = make_recipient(config, edition.id if edition else "", subscriber)
    return Preview(composition, recipient, edition, rendered, problems)


def lint_email(config: Config, rendered: render.RenderedEmail) -> list[lint.Finding]:
    """Return the lint's findings for a finished email, serious ones first, except those that the configuration accepts.

    Raises:
        ConfigError: the client support data that [check] names cannot be read.
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


def describe_sections(edition: Edition) -> str:
    """Return the sections of an edition and their story counts, including the lead: `City 3, World 2`."""
    counts = {edition.lead_section: 1}
    for section in edition.sections:
        counts[section.name] = counts.get(section.name, 0) + len(section.articles)
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def with_preview_secret(config: Config) -> Config:
    """Return the configuration with a secret, so that a preview shows links as they look; they do not work."""
    if config.secrets.secret_key:
        return config
    return replace(config, secrets=replace(config.secrets, secret_key="preview"))  # noqa: S106 - signs nothing real


def _find_new_stories(
    draft: Draft, config: Config, database: Database, cadence: Cadence, now: datetime
) -> list[Problem]:
    """Return a Problem for the stories that arrived after the draft was made, or for sources that cannot be read."""
    try:
        new = check_for_new_stories(draft, compose_from_sources(config, database, cadence, now))
    except (ConfigError, SourceError) as error:
        return [error.as_problem()]
    return [new] if new else []


def find_config_problems(config: Config) -> list[Problem]:
    """Return the problems for which a send would reject the configuration."""
    try:
        require_sendable(config)
    except ConfigError as error:
        return [error.as_problem()]
    return []
