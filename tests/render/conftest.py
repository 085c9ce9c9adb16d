"""Editions and a publication to render."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.models import Article, Author, Edition, Publication, Section, Window
from digest.render import RenderedEmail, render

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
PUBLICATION = Publication(
    name="The Gazette", url="https://www.example.com", postal_address="1 Quay Street\nExample City", colour="#9b1c1f"
)


def article(headline: str = "The ferry is back", **fields: Any) -> Article:
    defaults: dict[str, Any] = {
        "url": "https://www.example.com/ferry",
        "source": "feed",
        "summary": "After eleven years ashore it crossed the harbour again.",
        "published": NOW - timedelta(hours=3),
        "authors": (Author("Zoë Brandão", "Reporter"),),
    }
    return Article(headline=headline, **{**defaults, **fields})


def edition(*articles: Article, **fields: Any) -> Edition:
    lead, *rest = articles or (article(),)
    defaults: dict[str, Any] = {
        "id": "2026-11-23-daily",
        "cadence": "daily",
        "date": NOW.date(),
        "window": Window(NOW - timedelta(days=1), NOW),
        "lead": lead,
        "lead_section": "City",
        "sections": (Section("World", tuple(rest)),) if rest else (),
    }
    return Edition(**{**defaults, **fields})


@pytest.fixture
def make() -> Callable[..., RenderedEmail]:
    """Render articles, the first as the lead and the others in one section."""

    def rendered(*articles: Article, publication: Publication = PUBLICATION, **options: Any) -> RenderedEmail:
        fields = {name: options.pop(name) for name in list(options) if name in Edition.__dataclass_fields__}
        return render(edition(*articles, **fields), publication, now=NOW, **options)

    return rendered


@pytest.fixture
def story() -> Callable[..., Article]:
    return article


@pytest.fixture
def publication() -> Publication:
    return PUBLICATION
