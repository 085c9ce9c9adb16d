"""Write down who gets which Message, before the first one is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from digest import editorial, subscribers
from digest.core.text import format_count
from digest.editions.approve import require_approval
from digest.editions.composition import Composition
from digest.editions.from_draft import compose_edition
from digest.editions.recipients import assign_segment, make_recipient
from digest.errors import SubscribersError
from digest.models import Article, Edition, Message, Problem, Segment
from digest.sending.report import Report
from digest.sending.send_run import SendRun
from digest.storage import Database, EditionArticle, EditionRecord, EditionSource, FrozenRecipient


@dataclass(frozen=True, slots=True)
class Hour:
    """The hour an edition is due at by each reader's own clock.

    `day` is the one it is read on, `due` gives the moment of a timezone; whose moment was before `earliest` is too
    late to be sent this edition.
    """

    day: date
    due: Callable[[str], datetime]
    earliest: datetime | None


def freeze(run: SendRun, database: Database, today: str, hour: Hour | None = None) -> EditionRecord | Report:
    """Write down who gets what; a Report instead when there is nothing to send or nobody to send it to.

    With an `hour` each recipient is due at their own.
    """
    composition = compose_edition(run.config, database, run.cadence, run.now, today, remember=True)
    if hour:
        composition = replace(composition, fixed_day=hour.day)
    for problem in composition.problems:
        run.tell(problem)
    whole = composition.lay_out(Segment())
    if whole is None:
        return Report(today, note=f"{composition.no_news_reason}, nothing sent")
    require_approval(composition)
    roll = RecipientList(composition, run.tell, hour)
    subject = composition.render_subject(whole)
    database.editions.freeze(
        whole, subject, roll.readers(), roll.message, roll.articles(), _source_states(composition), run.clock()
    )
    return database.editions.get(today) or Report(today, note="no subscriber wants any of today's news, nothing sent")


def _source_states(composition: Composition) -> Iterator[EditionSource]:
    for result in composition.results:
        window = composition.windows[result.source.name]
        failed = result.failed is not None
        yield EditionSource(result.source.name, failed, next_start=window.start if failed else window.end)


class RecipientList:
    """The readers of an edition as they stream by, and one Message for each segment among them."""

    def __init__(self, composition: Composition, tell: Callable[[Problem], None], hour: Hour | None = None) -> None:
        """`tell` hears of every row and picture that is wrong."""
        self._composition = composition
        self._tell = tell
        self._hour = hour
        self._segments: dict[str, tuple[Segment, Edition | None]] = {}
        self._told: set[Problem] = set()
        self._shown: dict[str, tuple[Article, ...]] = {}
        self._add(Segment())

    def readers(self) -> Iterator[FrozenRecipient]:
        """Everyone who gets this edition, with their segment.

        Raises:
            SubscribersError: subscribers.csv cannot be used, or has not one valid row.
        """
        config = self._composition.config
        valid = False
        late = 0
        for row in subscribers.open_store(config).read():
            if isinstance(row, Problem):
                self._tell(row)
                continue
            valid = True
            if subscribers.wants(row, self._composition.cadence, self._composition.day):
                due = self._hour.due(row.timezone or config.publication.timezone) if self._hour else None
                if self._hour and self._hour.earliest and due and due < self._hour.earliest:
                    late += 1
                    continue
                segment = assign_segment(config, row)
                if edition := self._add(segment):
                    yield FrozenRecipient(make_recipient(config, edition.id, row), segment.key, due)
        if late:
            what = (
                f"too late for {format_count(late, 'reader', 'readers')}, whose hour is past by more than max_lateness"
            )
            self._tell(Problem(f"{self._composition.day}-{self._composition.cadence}", what, "they get the next one"))
        if not valid:
            raise SubscribersError(
                "not one valid subscriber",
                location=str(config.audience.subscribers),
                hint="add a row with an address",
            )

    def message(self, key: str) -> Message:
        """The Message of a segment that has news; what it has no room for counts as not sent.

        To be asked for once a segment: hundreds of them, kept, would be most of what a run needs of memory.
        """
        segment, edition = self._segments[key]
        assert edition is not None, "a segment without news has no message"
        rendered = self._composition.render(edition, segment)
        for problem in rendered.problems:
            if problem not in self._told:  # a picture that cannot be shown is wrong in every segment
                self._told.add(problem)
                self._tell(problem)
        self._shown[key] = edition.articles[: len(edition.articles) - rendered.omitted]
        return rendered.message

    def articles(self) -> Iterator[EditionArticle]:
        """Every story that is in some segment's Message, and other sources' copies of it, so that none comes back.

        Complete once the readers have streamed by and their Messages were asked for.
        """
        seen: set[str] = set()
        for shown in self._shown.values():
            for article in shown:
                identity = editorial.identify(article)
                if identity not in seen:
                    seen.add(identity)
                    yield EditionArticle(identity, article.headline)
        for left in self._composition.selection.left_out:
            identity = editorial.identify(left.article)
            if left.same_as in seen and identity not in seen:
                seen.add(identity)
                yield EditionArticle(identity, left.article.headline, copy=True)

    def _add(self, segment: Segment) -> Edition | None:
        if segment.key not in self._segments:
            self._segments[segment.key] = (segment, self._composition.lay_out(segment))
        return self._segments[segment.key][1]
