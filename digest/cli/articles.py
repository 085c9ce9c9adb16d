"""`digest articles`: list every article, its section, or why it is left out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from digest.cli.console import Console, moment, now_option, print_table

if TYPE_CHECKING:
    from digest.inspection.articles import PlacedArticle
    from digest.models import Cadence, Image


@click.command()
@click.option("--daily", "cadence", flag_value="daily", default="daily", help="For the daily edition (the default).")
@click.option("--weekly", "cadence", flag_value="weekly", help="For the weekly edition.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@now_option
@click.pass_obj
def articles(console: Console, cadence: Cadence, now: datetime | None, *, as_json: bool) -> None:
    """List every article, its section, or why it is left out."""
    from digest.inspection.articles import place_articles

    config = console.config()
    at = moment(config, now)
    placement = place_articles(config, cadence, at)
    for problem in placement.problems:
        console.problem(problem)
    if as_json:
        click.echo(json.dumps([_as_json(placed) for placed in placement.articles], ensure_ascii=False, indent=2))
        return
    print_table(
        ["section", "age", "source", "headline", "why not"],
        (
            [
                f"{placed.section} (lead)" if placed.lead else placed.section,
                _age(placed.article.published, at),
                placed.article.source,
                placed.article.headline,
                placed.reason,
            ]
            for placed in placement.articles
        ),
    )


def _age(published: datetime | None, now: datetime) -> str:
    if published is None:
        return "undated"
    minutes = int((now - published).total_seconds() // 60)
    if minutes < 0:
        return "future"
    units = ((60 * 24, "d"), (60, "h"), (1, "min"))
    return next((f"{minutes // size} {unit}" for size, unit in units if minutes >= size), f"{minutes} min")


def _as_json(placed: PlacedArticle) -> dict[str, Any]:
    article = placed.article
    return {
        "headline": article.headline,
        "url": article.url,
        "source": article.source,
        "also_in": list(article.also_in),
        "published": article.published.isoformat() if article.published else None,
        "categories": list(article.categories),
        "authors": [{"name": author.name, "role": author.role or None} for author in article.authors],
        "summary": article.summary or None,
        "image": _image_as_json(article.image) if article.image else None,
        "section": placed.section or None,
        "lead": placed.lead,
        "left_out": placed.reason or None,
    }


def _image_as_json(image: Image) -> dict[str, Any]:
    """Return a picture by its URL or, if it travels inside the email, its file; sizes in pixels, null if unknown."""
    return {
        "url": image.url or None,
        "file": str(image.file) if image.file else None,
        "alt": image.alt or None,
        "width": image.width or None,
        "height": image.height or None,
    }
