"""Look at everything a send needs, one finding at a time, sending nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from digest import delivery, editorial, lint, render, sources, subscribers
from digest.config import Config
from digest.core.text import format_count
from digest.editions import approve, from_draft
from digest.editions.compose import Composition, compose, edition_id, recipient_of
from digest.errors import DigestError
from digest.inspection.preview import ANYONE, findings, sections_line
from digest.models import Cadence, Problem, Section, Segment, Subscriber
from digest.sending.readiness import open_provider, require_sendable
from digest.storage import Database


@dataclass(frozen=True)
class CheckResult:
    """One thing looked at: what was seen, line by line, and what is wrong with it.

    `ok` when a send would go through all the same.
    """

    message: str
    ok: bool = True
    problems: Sequence[Problem] = ()
    lines: Sequence[str] = ()


def check(config: Config, now: datetime, *, links: bool = False) -> Iterator[CheckResult]:
    """Look at configuration, ledger, sources, emails, their links if asked, subscribers and provider, in this order."""
    yield _or_failure("configuration", lambda: _configuration(config))
    try:
        with Database.open_to_read(config.database_url) as database:
            latest = next(iter(database.editions.latest(limit=1)), None)
            known = f"the latest edition is {latest.id}, in {database.name}" if latest else "no edition sent yet"
            yield CheckResult(f"ledger: {known}")
            for number, cadence in enumerate(_cadences(config)):
                yield from _edition(config, database, cadence, now, with_sources=number == 0, links=links)
    except DigestError as error:
        yield CheckResult("ledger", ok=False, problems=[error.as_problem()])
    yield _or_failure("subscribers", lambda: _subscribers(config))
    for settings in config.delivery.providers:
        yield _or_failure(f"provider {settings.name}", partial(_provider, config, settings))


def _cadences(config: Config) -> list[Cadence]:
    """The editions that somebody reads; the daily one where that cannot be told."""
    try:
        rows = subscribers.open_store(config).read()
        read = {row.cadence for row in rows if isinstance(row, Subscriber) and row.status == "active"}
    except DigestError:  # told of where the list is looked at
        read = set()
    daily: list[Cadence] = ["daily"] if read != {"weekly"} else []
    weekly: list[Cadence] = ["weekly"] if "weekly" in read else []
    return daily + weekly


def _edition(
    config: Config, database: Database, cadence: Cadence, now: datetime, *, with_sources: bool, links: bool
) -> Iterator[CheckResult]:
    """What an edition would be now, of its draft if there is one, and what is wrong with it."""
    composition = None
    try:
        composition = compose(config, database, cadence, now)
    except DigestError as error:
        yield CheckResult("sources", ok=False, problems=[error.as_problem()])
    if composition and with_sources:
        yield from _sources(composition)
    name = edition_id(config, cadence, now)
    try:
        draft = from_draft.load(config, name)
        drafted = from_draft.of_draft(config, database, cadence, now, draft) if draft else composition
        if drafted is None:
            return
        if draft and database.editions.get(name) is None:
            waits = approve.unapproved(drafted, name)
            yield CheckResult(
                f"draft: {draft.file.name}", problems=[*drafted.already_sent, *([waits] if waits else [])]
            )
        yield from _email(drafted)
        if links:
            yield _or_failure("links", lambda: _links(drafted))
    except DigestError as error:
        yield CheckResult(f"{cadence} email", ok=False, problems=[error.as_problem()])


def _or_failure(what: str, look: Callable[[], CheckResult]) -> CheckResult:
    """A finding, or the error that stopped it as one."""
    try:
        return look()
    except DigestError as error:
        return CheckResult(what, ok=False, problems=[error.as_problem()])


def _configuration(config: Config) -> CheckResult:
    require_sendable(config)
    insecure = list(_over_http(config))
    return CheckResult(f"configuration: {config.file}", ok=not insecure, problems=insecure)


def _over_http(config: Config) -> Iterator[Problem]:
    """Addresses of one's own that are http; those of stories are made https, and the lint names any that are left."""
    publication, readers = config.publication, config.audience
    addresses = {
        "publication.url": publication.url,
        "publication.logo": publication.logo.url if publication.logo else "",
        "publication.logo_dark": publication.logo_dark.url if publication.logo_dark else "",
        "audience.unsubscribe_url": readers.unsubscribe_url,
        "audience.preferences_url": readers.preferences_url,
        **{f"sections.pages.{name}": page for name, page in config.sections.pages.items()},
    }
    for key, url in addresses.items():
        if url.startswith("http:"):
            what = f"{url} is http: mail programs warn of it, and anybody on the way can read or change what is there"
            yield Problem(f"{key} in {config.file.name}", what, "write it with https://")


def _sources(composition: Composition) -> Iterator[CheckResult]:
    for result in composition.results:
        failed = (result.failed,) if result.failed else ()
        what = f"source {result.source.name}: {format_count(len(result.articles), 'article', 'articles')}"
        yield CheckResult(what, ok=not failed, problems=(*failed, *result.problems))
    stories = composition.selection.stories
    if stories:
        sections = editorial.group_by_section(stories, composition.rules)
        yield CheckResult(f"sections: {len(sections)}", lines=list(map(_filed, sections)))


def _filed(section: Section) -> str:
    """A section with the sources' categories that came to it: `Science 4: SciTech 3, Science 1`."""
    categories = Counter(article.categories[0] if article.categories else "none" for article in section.articles)
    told = ", ".join(f"{name} {count}" for name, count in categories.most_common(5))
    return f"{section.name} {len(section.articles)}: {told}"


def _email(composition: Composition) -> Iterator[CheckResult]:
    edition = composition.edition(Segment())
    if edition is None:
        yield CheckResult(f"{composition.cadence} email: no story in the window, nothing would be sent")
        return
    rendered = composition.render(edition, Segment())
    mail = delivery.to_mail(rendered.message, recipient_of(composition.config, edition.id, ANYONE))
    size = f"{rendered.size / 1000:.0f} kB of HTML, {len(mail) / 1000:.0f} kB in all"
    yield CheckResult(f"{composition.cadence} email: {sections_line(edition)}; {size}", problems=rendered.problems)
    yield _or_failure("lint", lambda: _lint(composition.config, rendered))


def _lint(config: Config, rendered: render.Rendered) -> CheckResult:
    """What a mail program, a reader or a law would hold against the finished email."""
    found = findings(config, rendered)
    serious = sum(item.serious for item in found)
    what = f"lint: {serious} serious, {len(found) - serious} minor"
    return CheckResult(
        what + ("" if config.check.caniemail else "; mail programs' support not checked: set [check] caniemail"),
        ok=not serious,
        problems=[Problem(f"{item.rule}: {item.location}", item.message, item.hint) for item in found],
    )


def _links(composition: Composition) -> CheckResult:
    """Every link of the email asked for once."""
    edition = composition.edition(Segment())
    urls = lint.links(composition.render(edition, Segment()).message) if edition else []
    broken = lint.broken_links(urls, sources.status_of)
    return CheckResult(
        f"links: {len(urls)} asked for, {len(broken)} with trouble",
        ok=not any(item.serious for item in broken),
        problems=[Problem(item.location, item.message, item.hint) for item in broken],
    )


def _subscribers(config: Config) -> CheckResult:
    rows = list(subscribers.open_store(config).read())
    readers = [row for row in rows if isinstance(row, Subscriber)]
    cadences = Counter(row.cadence for row in readers if row.status == "active")
    counts = ", ".join(f"{count} {cadence}" for cadence, count in cadences.items()) or "nobody to send to"
    return CheckResult(
        f"subscribers: {format_count(len(readers), 'reader', 'readers')}, {counts}",
        ok=bool(cadences),
        problems=[row for row in rows if isinstance(row, Problem)],
    )


def _provider(config: Config, settings: delivery.Settings) -> CheckResult:
    with open_provider(config, settings) as provider:
        provider.check()
    return CheckResult(f"provider {settings.name}: reachable and lets us in")
