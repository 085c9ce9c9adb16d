"""From sources to editions: read, choose, and lay out and render what each segment gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from threading import Lock
from zoneinfo import ZoneInfo

from digest import delivery, editorial, render, sources, subscribers
from digest.config import Config
from digest.drafts import Draft
from digest.editions.pictures import RemotePictures
from digest.errors import ConfigError, SourceError
from digest.models import (
    Cadence,
    Edition,
    FetchResult,
    FirstSeen,
    Problem,
    Recipient,
    Segment,
    StoredDocument,
    Subscriber,
    Window,
)
from digest.storage import Database, FetchRecord


@dataclass(frozen=True)
class Composition:
    """What a cadence's edition would be now: the harvest and the choice, and from them one edition a segment."""

    config: Config
    cadence: Cadence
    now: datetime
    window: Window
    windows: Mapping[str, Window]
    results: Sequence[FetchResult]
    selection: editorial.Selection
    dated: date | None = None
    """The day the edition is read on, where that is not the day of the window's end."""
    draft: Draft | None = None
    """What the editors made of it, whose word is last."""
    already_sent: tuple[Problem, ...] = ()
    """Stories of the draft that readers have had since, and that are left out."""

    @property
    def day(self) -> date:
        """The edition's date: that of the window's end where the publication is, unless it is dated otherwise."""
        return self.dated or self.window.end.astimezone(ZoneInfo(self.config.publication.timezone)).date()

    @property
    def problems(self) -> list[Problem]:
        """What was wrong with the sources, and what had to be left out of a draft."""
        return [
            *(
                problem
                for result in self.results
                for problem in (*result.problems, *((result.failed,) if result.failed else ()))
            ),
            *self.already_sent,
        ]

    @property
    def no_news(self) -> str:
        """Why there is no edition, in words."""
        if self.draft:
            return "every story of the draft is hidden, or was sent already"
        start = self.window.start.astimezone(ZoneInfo(self.config.publication.timezone))
        return f"no new stories since {start:%d %b %H:%M}"

    def latest(self) -> Composition:
        """The newest stories there are, sent or not: what a preview shows when the window has none."""
        always = Window(datetime.min.replace(tzinfo=UTC), self.now)
        selection = editorial.select(self.results, dict.fromkeys(self.windows, always), now=self.now, already_sent={})
        return replace(self, selection=selection)

    @cached_property
    def rules(self) -> editorial.LayoutRules:
        """The configuration's rules for sections."""
        sections = self.config.sections
        return editorial.LayoutRules(
            order=self.draft.sections if self.draft else sections.order,
            names=sections.names,
            limit=sections.limit,
            limits=sections.limits,
            exclude=() if self.draft else sections.exclude,
            pages=sections.pages,
            max_articles=self.config.schedules[self.cadence].max_articles,
        )

    @cached_property
    def pictures(self) -> RemotePictures:
        """The remote pictures of these stories, for newsrooms that embed them."""
        site = self.config.publication.url
        return RemotePictures(partial(sources.fetch_pictures, base_url=site, largest=render.LARGEST_PICTURE))

    def edition(self, segment: Segment) -> Edition | None:
        """The edition a segment would get, None when there is no news for it."""
        edition = editorial.lay_out(
            self.selection.stories,
            self.rules,
            cadence=self.cadence,
            window=self.window,
            timezone=self.config.publication.timezone,
            only=segment.categories,
        )
        schedule = self.config.schedules[self.cadence]
        return edition and replace(
            edition,
            id=f"{self.day}-{self.cadence}",
            date=self.day,
            subject=self.draft.subject if self.draft else schedule.subject,
            preheader=self.draft.preheader if self.draft else schedule.preheader,
            note=self.draft.note if self.draft else "",
            draft=str(self.draft.file) if self.draft else "",
        )

    def subject(self, edition: Edition) -> str:
        """The subject of an edition. Raises TemplateError."""
        return render.subject(edition, self.config.publication, now=self.now, templates=self.config.templates)

    def render(self, edition: Edition, segment: Segment) -> render.Rendered:
        """The segment's Message with its headers, and what was wrong on the way."""
        config = self.config
        schedule = config.schedules[self.cadence]
        publication, problems = config.publication, list[Problem]()
        if schedule.embed_images:
            publication, problems = self.pictures.of_publication(publication)
        if schedule.embed_images and schedule.layout == "cards":  # `brief` shows no stories' pictures
            edition, troubles = self.pictures.of_edition(edition)
            problems += troubles
        rendered = render.render(
            edition,
            publication,
            now=self.now,
            language=segment.language,
            templates=config.templates,
            layout=schedule.layout,
            utm={name: value.replace("{cadence}", self.cadence) for name, value in config.links.utm.items()},
            https=config.links.https,
            preferences=bool(config.audience.preferences_url),
        )
        merge_field = render.merge_field_token("unsubscribe_url", "text")
        headers = delivery.message_headers(
            sender=config.delivery.sender,
            reply_to=config.delivery.reply_to,
            publication=config.publication,
            cadence=edition.cadence,
            date=self.now,
            unsubscribe_mailto=config.audience.unsubscribe_mailto,
            unsubscribe_https=merge_field if config.audience.unsubscribe_url.startswith("https://") else "",
        )
        return replace(
            rendered,
            message=replace(rendered.message, headers=headers),
            problems=(*problems, *rendered.problems),
        )


def compose(
    config: Config, database: Database, cadence: Cadence, now: datetime, *, remember: bool = False
) -> Composition:
    """Read every source and choose the stories of the window.

    A source that could not be read in the last edition's run has its window still open where it was; one that is new
    gets the window of a first run. With `remember`, for runs that send, the ledger keeps what was learnt of sources.

    Raises:
        ConfigError: no sources are configured.
        SourceError: not one source could be read.
    """
    if not config.sources:
        raise ConfigError("no sources", location=str(config.file), hint="add a [[sources]] table with a feed or folder")
    windows = _Windows(config, database, cadence, now)
    one_at_a_time = Lock()

    def stored(url: str) -> StoredDocument | None:
        with one_at_a_time:  # sources are read in threads, and a ledger in memory has one connection
            return database.sources.get_document(url)

    results = sources.read_sources(
        config.sources,
        now=now,
        timezone=config.publication.timezone,
        base_url=config.publication.url,
        since={source.name: windows.of(source.name).start for source in config.sources},
        stored=stored,
    )
    seen, readings = _first_seen(database, results, now)
    if remember:
        database.sources.save(readings, (document for result in results for document in result.fetched), now)
    failures = [result.failed for result in results if result.failed]
    if len(failures) == len(results):
        whole = " | ".join(map(str, failures))
        raise SourceError(whole if len(failures) == 1 else f"not one of {len(failures)} sources can be read: {whole}")
    by_source = {result.source.name: windows.of(result.source.name) for result in results}
    return Composition(
        config=config,
        cadence=cadence,
        now=now,
        window=windows.of_edition(database.sent_editions.find_last_window_end(cadence)),
        windows=by_source,
        results=results,
        selection=editorial.select(
            results,
            by_source,
            now=now,
            already_sent=database.sent_editions.find_articles(cadence, seen),
            first_seen=seen,
            timezone=config.publication.timezone,
        ),
    )


class _Windows:
    """Where each source's window begins."""

    def __init__(self, config: Config, database: Database, cadence: Cadence, now: datetime) -> None:
        self._states = database.sent_editions.find_last_sources(cadence)
        self._unsent = database.sent_editions.find_first_unsent_start(cadence)
        self._window = partial(editorial.compute_window, cadence, now, config.publication.timezone)

    def of(self, source: str) -> Window:
        state = self._states.get(source)
        return self._window(state.next_start if state else self._unsent)

    def of_edition(self, last: datetime | None) -> Window:
        return self._window(last or self._unsent)


def _first_seen(
    database: Database, results: Sequence[FetchResult], now: datetime
) -> tuple[dict[str, FirstSeen], list[FetchRecord]]:
    """When every article at hand was first seen, and what to remember of this reading of the sources."""
    identities = {editorial.identify(article) for result in results for article in result.articles}
    seen = database.sources.find_first_seen(identities)
    memory = database.sources.get_states()
    readings = []
    for result in results:
        known = memory.get(result.source.name)
        new = {}
        for article in result.articles:
            identity = editorial.identify(article)
            if identity not in seen:
                new[identity] = seen[identity] = editorial.make_first_seen(
                    article, known.read_at if known else None, known.oldest_seen if known else None, now
                )
        dates = [article.published for article in result.articles if article.published]
        failure = str(result.failed) if result.failed else ""
        readings.append(FetchRecord(result.source.name, failure, min(dates, default=None), new))
    return seen, readings


def edition_id(config: Config, cadence: Cadence, now: datetime, day: date | None = None) -> str:
    """What the edition of this moment, or of a day, is called: its date where the publication is, and its cadence."""
    return f"{day or now.astimezone(ZoneInfo(config.publication.timezone)).date()}-{cadence}"


def segment_of(config: Config, subscriber: Subscriber) -> Segment:
    """The segment a subscriber reads with."""
    return subscribers.segment_of(subscriber, config.publication.language)


def recipient_of(config: Config, edition: str, subscriber: Subscriber) -> Recipient:
    """A subscriber as a recipient of an edition, with a value for every slot.

    Raises:
        ConfigError: the unsubscribe URL holds `{token}` and there is no secret to sign it with.
    """
    options, secret = config.audience, config.secrets.secret_key
    if options.unsubscribe_url:
        leave = subscribers.unsubscribe_url(options.unsubscribe_url, subscriber.email, secret)
    else:
        leave = f"mailto:{options.unsubscribe_mailto}?subject=unsubscribe"
    values = {"email": subscriber.email, "name": subscriber.name, "unsubscribe_url": leave}
    if options.preferences_url:
        values["preferences_url"] = subscribers.preferences_url(options.preferences_url, subscriber.email, secret)
    return Recipient(
        email=subscriber.email,
        message_id=delivery.message_id(edition, subscriber.email, config.delivery.sender),
        values=values,
    )
