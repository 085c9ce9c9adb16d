"""`digest draft`: write the edition as a file that editors change before it is sent."""

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
@click.option("--add", is_flag=True, help="Add stories that have arrived since to an existing draft.")
@click.option("--fresh", is_flag=True, help="Write a new draft; the old one is kept beside it as .toml.old.")
@day_option
@now_option
@click.pass_obj
def draft(
    console: Console, cadence: Cadence | None, day: date | None, now: datetime | None, *, add: bool, fresh: bool
) -> None:
    """Write the edition to a file, to be edited before sending.

    The file is editions/DATE-CADENCE.toml. An existing draft is not changed; stories that have arrived since are
    listed.

    \b
    digest draft --daily      write it, then edit it in any text editor
    digest preview --daily    see the result
    digest approve --daily    if the configuration has approval = "required"
    digest send --daily       send the draft
    """
    if cadence is None:
        raise click.UsageError("choose an edition: --daily or --weekly")
    if add and fresh:
        raise click.UsageError("--add keeps the draft and --fresh replaces it: use only one of them")
    from digest.editions.draft import make_draft

    config = console.config()
    drafted = make_draft(config, cadence, moment(config, now), day, add=add, fresh=fresh)
    for problem in drafted.problems:
        console.problem(problem)
    console.result(f"{drafted.file.relative_to(config.file.parent)}: {drafted.note}")
    for story in drafted.new_stories:
        console.result(f"  {story.headline}")
    if drafted.new_stories and not add:
        console.result(f"`digest draft --{cadence} --add` adds them; otherwise they go into the next edition")
