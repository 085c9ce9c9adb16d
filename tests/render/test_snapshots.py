"""A fixed edition, rendered letter by letter: MJML in both layouts, and the plain text.

After an intended change, `DIGEST_UPDATE_SNAPSHOTS=1 pytest tests/render/test_snapshots.py` rewrites the snapshots; read the
difference before committing it.
"""

import difflib
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.models import Article, Edition, Image, Publication, Section, Window
from digest.render import Layout, render
from digest.render.context import TemplateContext
from digest.render.size_budget import trim

SNAPSHOTS = Path(__file__).parent / "snapshots"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
Story = Callable[..., Article]


def edition(story: Story) -> Edition:
    photo = Image("https://www.example.com/harbour.jpg?w=600&q=80", alt='The "ferry"', width=1200, height=800)
    return Edition(
        id="2026-11-23-daily",
        cadence="daily",
        date=NOW.date(),
        window=Window(NOW - timedelta(days=1), NOW),
        lead=story(image=photo),
        lead_section="City",
        sections=(
            Section(
                "World",
                (
                    story("A comet & its tail", image=replace(photo, alt="")),
                    story("A treaty <signed>", also_in=("The Post",)),
                ),
                more=4,
                url="https://www.example.com/world",
            ),
            Section("Art", (story("No link, no words", url="", summary="", authors=(), published=None),), more=1),
        ),
    )


def compare(name: str, text: str) -> None:
    file = SNAPSHOTS / name
    if os.environ.get("DIGEST_UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    kept = file.read_text(encoding="utf-8")
    if text != kept:
        lines = difflib.unified_diff(
            kept.splitlines(), text.splitlines(), f"snapshots/{name}", "rendered now", lineterm=""
        )
        pytest.fail("\n".join(lines), pytrace=False)


@pytest.mark.parametrize(("layout", "steps"), [("cards", 0), ("brief", 0), ("cards", 2)])
def test_the_mjml(story: Story, publication: Publication, layout: Layout, steps: int) -> None:
    context = TemplateContext(edition(story), publication, NOW, "en", None, "", layout)
    values = context.values(trim(context.edition, steps), subject="The ferry is back", preheader="A comet & its tail")
    mjml = context.mjml.render("digest.mjml", values).replace("><", ">\n<")
    compare(f"{layout}-shortened.mjml" if steps else f"{layout}.mjml", mjml)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_text(story: Story, publication: Publication, language: str) -> None:
    compare(f"digest-{language}.txt", render(edition(story), publication, now=NOW, language=language).message.text)
