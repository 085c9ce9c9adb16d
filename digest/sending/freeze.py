"""Freeze an edition: write down who gets which Message before the first email is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from digest import editorial, subscribers
from digest.core.text import format_count
from digest.editions.approve import require_approval
from digest.editions.composition import Composition
from digest.editions.from_draft import compose_edition
from digest.editions.recipients import assign_segment, freeze_links
from digest.errors import SubscribersError
from digest.models import Article, Edition, Message, Problem, Segment
from digest.sending.report import Report
from digest.sending.send_run import SendRun
from digest.storage import Database, EditionArticle, EditionRecord, EditionSource, FrozenRecipient

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalSchedule:
    """When an edition is due at each reader's local time."""

    day: date
    """The day the edition is read on."""
    due_in: Callable[[str], datetime]
    """Returns when it is due in a time zone."""
    earliest: datetime | None
    """Readers for whom it was due before this are skipped as too late; None to skip nobody."""


def freeze(
    run: SendRun, database: Database, edition_id: str, schedule: LocalSchedule | None = None
) -> EditionRecord | Report:
    """Write down who gets what and return the frozen edition, or a Report that says why there is nothing to send.

    With a `schedule` each recipient is due at their own local time.

    Raises:
        DraftError: the edition needs approval and has none.
        DigestError: as for composing and rendering.
    """
    composition = compose_edition(run.config, database, run.cadence, run.now, edition_id, remember=True)
    if schedule:
        composition = replace(composition, fixed_day=schedule.day)
    for problem in composition.problems:
        run.report_problem(problem)
    edition = composition.lay_out(Segment())
    if edition is None:
        return Report(edition_id, note=f"{composition.no_news_reason}, nothing sent")
    require_approval(composition)
    store = subscribers.open_store(run.config, database, run.now)
    recipients = RecipientList(composition, store, run.report_problem, schedule)
    revision = subscribers.open_newsroom_list(run.config, database, run.now).revision()  # before the list is read
    count = database.editions.freeze(
        edition,
        composition.render_subject(edition),
        recipients.stream(),
        recipients.render_message,
        recipients.list_articles(),
        _list_sources(composition),
        freeze_links(run.config),
        run.clock(),
        subscribers_revision=revision,
    )
    logger.info(
        "%s frozen for %s",
        edition_id,
        format_count(count, "recipient", "recipients"),
        extra={"edition": edition_id, "recipients": count},
    )
    record = database.editions.get(edition_id)
    return record or Report(edition_id, note="no subscriber gets any of these stories, nothing sent")


def _list_sources(composition: Composition) -> Iterator[EditionSource]:
    for result in composition.results:
        window = composition.windows[result.source.name]
        has_failed = result.failed is not None
        yield EditionSource(result.source.name, has_failed, next_start=window.start if has_failed else window.end)


class RecipientList:
    """The recipients of an edition, streamed from the subscribers, and one Message for each segment among them."""

    def __init__(
        self,
        composition: Composition,
        store: subscribers.SubscriberStore,
        report_problem: Callable[[Problem], None],
        schedule: LocalSchedule | None = None,
    ) -> None:
        self._composition = composition
        self._store = store
        self._report_problem = report_problem
        self._schedule = schedule
        self._segments: dict[str, tuple[Segment, Edition | None]] = {}
        self._reported: set[Problem] = set()
        self._shown: dict[str, tuple[Article, ...]] = {}
        self._lay_out(Segment())

    def stream(self) -> Iterator[FrozenRecipient]:
        """Yield everyone who gets this edition, with their segment.

        Raises:
            SubscribersError: the subscribers cannot be read, or not one of them is valid.
        """
        config = self._composition.config
        has_valid_rows = False
        too_late = 0
        for row in self._store.read():
            if isinstance(row, Problem):
                self._report_problem(row)
                continue
            has_valid_rows = True
            if not subscribers.wants(row, self._composition.cadence, self._composition.day):
                continue
            due = self._schedule.due_in(row.timezone or config.publication.timezone) if self._schedule else None
            if self._schedule and self._schedule.earliest and due and due < self._schedule.earliest:
                too_late += 1
                continue
            segment = assign_segment(config, row)
            if self._lay_out(segment):
                yield FrozenRecipient(row.email, row.name, segment.key, due)
        if too_late:
            readers = format_count(too_late, "reader", "readers")
            message = f"skipped {readers} more than max_lateness after their local time"
            self._report_problem(Problem(self._composition.id, message, "they get the next edition"))
        if not has_valid_rows:
            how = "add a row with an email address" if config.audience.subscribers else "import some"
            raise SubscribersError("no valid subscribers", location=self._store.location, hint=how)

    def render_message(self, key: str) -> Message:
        """Render the Message of a segment that has news. Stories it has no room for do not count as sent.

        Ask once per segment: hundreds of Messages, kept here, would be most of a run's memory.
        """
        segment, edition = self._segments[key]
        assert edition is not None, "a segment without news has no message"
        rendered = self._composition.render(edition, segment)
        for problem in rendered.problems:
            if problem not in self._reported:  # a picture that cannot be shown is a problem of every segment
                self._reported.add(problem)
                self._report_problem(problem)
        self._shown[key] = edition.articles[: len(edition.articles) - rendered.omitted]
        return rendered.message

    def list_articles(self) -> Iterator[EditionArticle]:
        """Yield every story in some segment's Message, and other sources' copies of it, so that none is sent again.

        Complete once the recipients have been streamed and their Messages rendered.
        """
        seen: set[str] = set()
        for shown in self._shown.values():
            for article in shown:
                identity = editorial.identify(article)
                if identity not in seen:
                    seen.add(identity)
                    yield EditionArticle(identity, article.headline)
        for left_out in self._composition.selection.left_out:
            identity = editorial.identify(left_out.article)
            if left_out.same_as in seen and identity not in seen:
                seen.add(identity)
                yield EditionArticle(identity, left_out.article.headline, copy=True)

    def _lay_out(self, segment: Segment) -> Edition | None:
        if segment.key not in self._segments:
            self._segments[segment.key] = (segment, self._composition.lay_out(segment))
        return self._segments[segment.key][1]
