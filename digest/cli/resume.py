"""`digest resume`: go on with an edition, and decide about its recipients in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli.console import Console
from digest.cli.running import begun, concluded

if TYPE_CHECKING:
    from digest.models import Cadence


@click.command()
@click.argument("edition")
@click.option(
    "--in-doubt",
    type=click.Choice(["send", "skip"]),
    help="Send again to those in doubt, who may then get it twice; or leave them, who may then not have it.",
)
@click.pass_context
def resume(context: click.Context, edition: str, in_doubt: str | None) -> None:
    """Go on with EDITION (as in 2026-11-23-daily), however late it is.

    The next `digest send` does that by itself while the edition is not too late; recipients in doubt wait for you.
    """
    from digest.sending.send import resume as go_on

    console: Console = context.obj
    cadence: Cadence = "weekly" if edition.endswith("-weekly") else "daily"
    with begun(console, console.config(), cadence, edition) as run:
        report = go_on(run, edition, in_doubt or "")
    context.exit(concluded(console, run, [report]))
