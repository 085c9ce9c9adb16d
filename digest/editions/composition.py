"""An edition before it is laid out: the stories chosen for it, and what each segment gets of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from zoneinfo import ZoneInfo

from digest import delivery, editorial, render, sources
from digest.config import Config
from digest.core.merge_fields import merge_field_token
from digest.drafts import Draft
from digest.editions.naming import local_date
from digest.editions.pictures import RemotePictures
from digest.models import Cadence, Edition, FetchResult, Problem, Segment, Window


@dataclass(frozen=True)
class Composition:
    """What an edition would be now: what the sources returned, the stories chosen, and one Edition per segment."""

    config: Config
    cadence: Cadence
    now: datetime
    window: Window
    windows: Mapping[str, Window]
    """Each source's window, by the source's name."""
    results: Sequence[FetchResult]
    selection: editorial.Selection
    fixed_day: date | None = None
    """The day the edition is read on, where that is not the day its window ends."""
    draft: Draft | None = None
    """The editors' draft, which overrides the configuration and the sources."""
    already_sent: tuple[Problem, ...] = ()
    """Stories of the draft that are left out because readers have received them since it was made."""

    @property
    def day(self) -> date:
        """The edition's date: `fixed_day`, else the date its window ends in the publication's time zone."""
        return self.fixed_day or local_date(self.config, self.window.end)

    @property
    def id(self) -> str:
        """The edition's id: `2026-11-23-daily`."""
        return f"{self.day}-{self.cadence}"

    @property
    def is_of_today(self) -> bool:
        """Whether the edition is dated today in the publication's time zone."""
        return self.day == local_date(self.config, self.now)

    @property
    def command_options(self) -> str:
        """The options that select this edition on the command line: `--daily`, and `--date` unless it is today's."""
        return f"--{self.cadence}" + ("" if self.is_of_today else f" --date {self.day}")

    @property
    def problems(self) -> list[Problem]:
        """The problems with the sources, then the stories that had to be left out of the draft."""
        return [
            *(
                problem
                for result in self.results
                for problem in (*result.problems, *((result.failed,) if result.failed else ()))
            ),
            *self.already_sent,
        ]

    @property
    def no_news_reason(self) -> str:
        """Why there is no edition, in words."""
        if self.draft:
            return "every story of the draft is hidden or was already sent"
        start = self.window.start.astimezone(ZoneInfo(self.config.publication.timezone))
        return f"no new stories since {start:%d %b %H:%M}"

    def with_latest_stories(self) -> Composition:
        """Return this composition with the newest stories there are, sent or not: for a preview without news."""
        always = Window(datetime.min.replace(tzinfo=UTC), self.now)
        selection = editorial.select(self.results, dict.fromkeys(self.windows, always), now=self.now, already_sent={})
        return replace(self, selection=selection)

    @cached_property
    def rules(self) -> editorial.LayoutRules:
        """The configuration's rules for sections; a draft's own sections replace their order and exclusions."""
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
        """The stories' remote pictures, for newsrooms that embed them."""
        site = self.config.publication.url
        return RemotePictures(partial(sources.fetch_images, base_url=site, max_bytes=render.MAX_PICTURE_BYTES))

    def lay_out(self, segment: Segment) -> Edition | None:
        """Return the edition that a segment gets, None when there is no news for it."""
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
            id=self.id,
            date=self.day,
            subject=self.draft.subject if self.draft else schedule.subject,
            preheader=self.draft.preheader if self.draft else schedule.preheader,
            note=self.draft.note if self.draft else "",
            draft=str(self.draft.file) if self.draft else "",
        )

    def render_subject(self, edition: Edition) -> str:
        """Return the subject of an edition. Raises TemplateError."""
        return render.render_subject(edition, self.config.publication, now=self.now, templates=self.config.templates)

    def render(self, edition: Edition, segment: Segment) -> render.RenderedEmail:
        """Return a segment's Message with its headers, and the problems met on the way. Raises TemplateError."""
        config = self.config
        schedule = config.schedules[self.cadence]
        publication, problems = config.publication, list[Problem]()
        if schedule.embed_images:
            publication, problems = self.pictures.embed_logos(publication)
        if schedule.embed_images and schedule.layout == "cards":  # the `brief` layout shows no story's picture
            edition, more = self.pictures.embed_pictures(edition)
            problems += more
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
        unsubscribe_url = merge_field_token("unsubscribe_url", "text")
        headers = delivery.message_headers(
            sender=config.delivery.sender,
            reply_to=config.delivery.reply_to,
            publication=config.publication,
            cadence=edition.cadence,
            date=self.now,
            unsubscribe_mailto=config.audience.unsubscribe_mailto,
            unsubscribe_https=unsubscribe_url if config.audience.unsubscribe_url.startswith("https://") else "",
        )
        return replace(
            rendered,
            message=replace(rendered.message, headers=headers),
            problems=(*problems, *rendered.problems),
        )
