"""`digest resume`: continue an edition, and decide what happens to its recipients in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli.console import Console
from digest.cli.run_context import finish_run, start_run

if TYPE_CHECKING:
    from digest.models import Cadence


@click.command()
@click.argument("edition")
@click.option(
    "--in-doubt",
    type=click.Choice(["send", "skip"]),
    help="Send again to recipients in doubt, who may get it twice, or skip them, who may not get it at all.",
)
@click.pass_context
def resume(context: click.Context, edition: str, in_doubt: str | None) -> None:
    """Continue EDITION, however late it is.

    EDITION is an id such as 2026-11-23-daily. The next `digest send` continues it automatically until max_lateness
    has passed. Recipients in doubt wait for your decision.
    """
    from digest.sending.resume import resume as go_on

    console: Console = context.obj
    cadence: Cadence = "weekly" if edition.endswith("-weekly") else "daily"
    with start_run(console, console.config(), cadence, edition) as run:
        report = go_on(run, edition, in_doubt or "")
    context.exit(finish_run(console, run, [report]))
