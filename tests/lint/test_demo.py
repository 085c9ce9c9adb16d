"""The shipped articles through the shipped templates: what a new newsroom's first check says."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from digest import editorial, render, sources
from digest.lint import BASELINE, Finding, Support, lint
from digest.models import Image, Publication, Source, Window

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ALWAYS = Window(datetime.min.replace(tzinfo=UTC), NOW)
ROOT = Path(__file__).resolve().parents[2]
LOGO = Image(file=next((ROOT / "articles" / "images").iterdir()))
FEEDS = ROOT / "tests" / "data" / "feeds"


def findings(
    source: Source,
    support: Support | None = None,
    language: str = "en",
    layout: render.Layout = "cards",
    baseline: Collection[str] = BASELINE,
) -> list[Finding]:
    """Return the findings about an edition of all stories of a source."""
    results = sources.read_sources([source], now=NOW, timezone="UTC", base_url="https://www.example.com")
    stories = editorial.select(results, {source.name: ALWAYS}, now=NOW, already_sent={}).stories
    edition = editorial.lay_out(
        stories, editorial.LayoutRules(), cadence="daily", window=ALWAYS, timezone="UTC", only=()
    )
    assert edition
    publication = Publication(
        "The Harbour Herald",
        "https://www.example.com",
        language=language,
        postal_address="1 Quay Street",
        logo=LOGO,
        logo_dark=LOGO,
    )
    rendered = render.render(edition, publication, now=NOW, layout=layout)
    message = replace(rendered.message, headers=(("List-Unsubscribe", "<mailto:leave@example.com>"),))
    return lint(message, subject=message.subject, preheader=rendered.preheader, support=support, baseline=baseline)


def test_the_demo_has_no_finding() -> None:
    assert findings(Source("folder", "demo", path=ROOT / "articles")) == []


@pytest.mark.parametrize("layout", get_args(render.Layout))
def test_the_demo_uses_no_feature_beyond_the_baseline(support: Support, layout: render.Layout) -> None:
    assert findings(Source("folder", "demo", path=ROOT / "articles"), support, layout=layout) == []


def test_the_baseline_is_what_the_templates_use_and_some_program_lacks(support: Support) -> None:
    demo = Source("folder", "demo", path=ROOT / "articles")
    found = [item for layout in get_args(render.Layout) for item in findings(demo, support, layout=layout, baseline=())]
    assert {item.hint.rstrip("/").rpartition("/")[2] for item in found} == set(BASELINE)


@pytest.mark.parametrize(("feed", "language"), [("english.rss", "en"), ("urdu.rss", "ur"), ("german.atom", "de")])
def test_an_edition_of_a_newspaper_s_feed_has_no_serious_finding(feed: str, language: str, support: Support) -> None:
    found = findings(Source("feed", feed, path=FEEDS / feed), support, language)
    assert [finding for finding in found if finding.serious] == []
