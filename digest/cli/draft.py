"""`digest draft`: the edition as a file that editors change before it is sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from digest.cli.console import Console, day_option, moment, now_option

if TYPE_CHECKING:
    from digest.models import Cadence


@click.command()
@click.option("--daily", "cadence", flag_value="daily", help="Today's edition.")
@click.option("--weekly", "cadence", flag_value="weekly", help="This week's edition.")
@click.option("--add", is_flag=True, help="Add the stories that have arrived to a draft that is there.")
@click.option("--fresh", is_flag=True, help="Make it anew; the old one stays beside it as .toml.old.")
@day_option
@now_option
@click.pass_obj
def draft(
    console: Console, cadence: Cadence | None, day: date | None, now: datetime | None, *, add: bool, fresh: bool
) -> None:
    """Write the edition into editions/DATE-CADENCE.toml, to be changed before it goes out.

    A draft that is there stays as it is; what has arrived since is listed as not in it.

    \b
    digest draft --daily      write it, then change it with any text editor
    digest preview --daily    see what comes of it
    digest approve --daily    where the configuration says approval = "required"
    digest send --daily       sends the draft
    """
    if cadence is None:
        raise click.UsageError("say which edition: --daily or --weekly")
    if add and fresh:
        raise click.UsageError("--add keeps the draft, --fresh makes it anew: use one of them")
    from digest.editions.draft import make

    config = console.config()
    drafted = make(config, cadence, moment(config, now), day, add=add, fresh=fresh)
    for problem in drafted.problems:
        console.problem(problem)
    console.result(f"{drafted.file.relative_to(config.file.parent)}: {drafted.note}")
    for story in drafted.new:
        console.result(f"  {story.headline}")
    if drafted.new and not add:
        console.result(f"`digest draft --{cadence} --add` adds them; else they are for the next edition")
