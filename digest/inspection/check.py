"""Check everything that a send needs, one result at a time, without sending anything."""

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
from digest.editions.compose import compose_from_sources
from digest.editions.composition import Composition
from digest.editions.naming import edition_id
from digest.editions.recipients import make_recipient
from digest.errors import DigestError
from digest.inspection.preview import ANYONE, describe_sections, lint_email
from digest.models import Cadence, Problem, Section, Segment, Subscriber
from digest.sending.providers import open_provider
from digest.sending.readiness import require_sendable
from digest.storage import Database


@dataclass(frozen=True)
class CheckResult:
    """The result of one check: a message, further lines, and problems. `ok` if a send would succeed all the same."""

    message: str
    ok: bool = True
    problems: Sequence[Problem] = ()
    lines: Sequence[str] = ()


def check(config: Config, now: datetime, *, links: bool = False) -> Iterator[CheckResult]:
    """Check configuration, ledger, sources, emails, their links if asked, subscribers and providers, in this order."""
    yield _run_check("configuration", lambda: _check_configuration(config))
    try:
        with Database.read_for(config) as database:
            latest = next(iter(database.editions.list_latest(limit=1)), None)
            known = f"the latest edition is {latest.id}, in {database.name}" if latest else "no edition sent yet"
            yield CheckResult(f"ledger: {known}")
            for number, cadence in enumerate(_cadences(config, database, now)):
                yield from _check_edition(config, database, cadence, now, with_sources=number == 0, links=links)
    except DigestError as error:
        yield CheckResult("ledger", ok=False, problems=[error.as_problem()])
    yield _run_check("subscribers", lambda: _check_subscribers(config, now))
    for settings in config.delivery.providers:
        yield _run_check(f"provider {settings.name}", partial(_check_provider, config, settings))


def _cadences(config: Config, database: Database, now: datetime) -> list[Cadence]:
    """Return the cadences that somebody reads; daily if the list cannot be read."""
    try:
        rows = subscribers.open_store(config, database, now).read()
        cadences = {row.cadence for row in rows if isinstance(row, Subscriber) and row.status == "active"}
    except DigestError:  # reported when the list itself is checked
        cadences = set()
    daily: list[Cadence] = ["daily"] if cadences != {"weekly"} else []
    weekly: list[Cadence] = ["weekly"] if "weekly" in cadences else []
    return daily + weekly


def _check_edition(
    config: Config, database: Database, cadence: Cadence, now: datetime, *, with_sources: bool, links: bool
) -> Iterator[CheckResult]:
    """Check the edition as it would be now, from its draft if there is one."""
    composition = None
    try:
        composition = compose_from_sources(config, database, cadence, now)
    except DigestError as error:
        yield CheckResult("sources", ok=False, problems=[error.as_problem()])
    if composition and with_sources:
        yield from _check_sources(composition)
    name = edition_id(config, cadence, now)
    try:
        draft = from_draft.load_draft(config, name)
        drafted = from_draft.compose_from_draft(config, database, cadence, now, draft) if draft else composition
        if drafted is None:
            return
        if draft and database.editions.get(name) is None:
            waits = approve.check_approval(drafted)
            yield CheckResult(
                f"draft: {draft.file.name}", problems=[*drafted.already_sent, *([waits] if waits else [])]
            )
        yield from _check_email(drafted)
        if links:
            yield _run_check("links", lambda: _check_links(drafted))
    except DigestError as error:
        yield CheckResult(f"{cadence} email", ok=False, problems=[error.as_problem()])


def _run_check(name: str, run: Callable[[], CheckResult]) -> CheckResult:
    """Run a check; an error becomes its result."""
    try:
        return run()
    except DigestError as error:
        return CheckResult(name, ok=False, problems=[error.as_problem()])


def _check_configuration(config: Config) -> CheckResult:
    require_sendable(config)
    insecure = list(_find_http_urls(config))
    return CheckResult(f"configuration: {config.file}", ok=not insecure, problems=insecure)


def _find_http_urls(config: Config) -> Iterator[Problem]:
    """Return the newsroom's own http URLs. Links of stories are made https, and the lint reports any that are left."""
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
            message = f"{url} is http: mail clients warn about it, and others can read or change it in transit"
            yield Problem(f"{key} in {config.file.name}", message, "use https://")


def _check_sources(composition: Composition) -> Iterator[CheckResult]:
    for result in composition.results:
        failed = (result.failed,) if result.failed else ()
        message = f"source {result.source.name}: {format_count(len(result.articles), 'article', 'articles')}"
        yield CheckResult(message, ok=not failed, problems=(*failed, *result.problems))
    stories = composition.selection.stories
    if stories:
        sections = editorial.group_by_section(stories, composition.rules)
        yield CheckResult(f"sections: {len(sections)}", lines=list(map(_describe_section, sections)))


def _describe_section(section: Section) -> str:
    """Return a section and the source categories in it: `Science 4: SciTech 3, Science 1`."""
    categories = Counter(article.categories[0] if article.categories else "none" for article in section.articles)
    counts = ", ".join(f"{name} {count}" for name, count in categories.most_common(5))
    return f"{section.name} {len(section.articles)}: {counts}"


def _check_email(composition: Composition) -> Iterator[CheckResult]:
    edition = composition.lay_out(Segment())
    if edition is None:
        yield CheckResult(f"{composition.cadence} email: no stories in the window, nothing would be sent")
        return
    rendered = composition.render(edition, Segment())
    mail = delivery.to_mail(rendered.message, make_recipient(composition.config, edition.id, ANYONE))
    size = f"{rendered.size / 1000:.0f} kB of HTML, {len(mail) / 1000:.0f} kB in all"
    yield CheckResult(f"{composition.cadence} email: {describe_sections(edition)}; {size}", problems=rendered.problems)
    yield _run_check("lint", lambda: _lint_email(composition.config, rendered))


def _lint_email(config: Config, rendered: render.RenderedEmail) -> CheckResult:
    """Lint the finished email."""
    found = lint_email(config, rendered)
    serious = sum(item.serious for item in found)
    message = f"lint: {serious} serious, {len(found) - serious} minor"
    return CheckResult(
        message + ("" if config.check.caniemail else "; support in mail clients not checked: set [check] caniemail"),
        ok=not serious,
        problems=[Problem(f"{item.rule}: {item.location}", item.message, item.hint) for item in found],
    )


def _check_links(composition: Composition) -> CheckResult:
    """Request every link of the email once."""
    edition = composition.lay_out(Segment())
    urls = lint.list_links(composition.render(edition, Segment()).message) if edition else []
    broken = lint.find_broken_links(urls, sources.fetch_status)
    return CheckResult(
        f"links: {len(urls)} requested, {len(broken)} with problems",
        ok=not any(item.serious for item in broken),
        problems=[Problem(item.location, item.message, item.hint) for item in broken],
    )


def _check_subscribers(config: Config, now: datetime) -> CheckResult:
    readers = 0
    cadences: Counter[str] = Counter()
    problems = []
    with Database.read_for(config) as database:
        for row in subscribers.open_store(config, database, now).read():
            if isinstance(row, Problem):
                problems.append(row)
                continue
            readers += 1
            if row.status == "active":
                cadences[row.cadence] += 1
    counts = ", ".join(f"{count} {cadence}" for cadence, count in cadences.items()) or "nobody to send to"
    return CheckResult(
        f"subscribers: {format_count(readers, 'reader', 'readers')}, {counts}",
        ok=bool(cadences),
        problems=problems,
    )


def _check_provider(config: Config, settings: delivery.Settings) -> CheckResult:
    with open_provider(config, settings) as provider:
        provider.check()
    return CheckResult(f"provider {settings.name}: reachable, login accepted")
