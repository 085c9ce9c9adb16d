"""`digest articles`: every article at hand, and why one is not in the edition."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from digest.cli.console import Console, moment, now_option, print_table

if TYPE_CHECKING:
    from digest.inspection.articles import PlacedArticle
    from digest.models import Cadence


@click.command()
@click.option("--daily", "cadence", flag_value="daily", default="daily", help="For the daily edition (the default).")
@click.option("--weekly", "cadence", flag_value="weekly", help="For the weekly edition.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
@now_option
@click.pass_obj
def articles(console: Console, cadence: Cadence, now: datetime | None, *, as_json: bool) -> None:
    """List what the window would take, and why a story was left out."""
    from digest.inspection.articles import place

    config = console.config()
    at = moment(config, now)
    placement = place(config, cadence, at)
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
        return "to come"
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
        "section": placed.section or None,
        "lead": placed.lead,
        "left_out": placed.reason or None,
    }
