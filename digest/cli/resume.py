"""`digest resume`: go on with an edition, and decide about its recipients in doubt."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from digest.cli.console import Console
from digest.cli.signals import until_told_to_stop


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
    from digest.newsroom.run import Run
    from digest.newsroom.send import resume as go_on

    console: Console = context.obj
    with console.progress(f"Sending {edition}") as progress, until_told_to_stop() as stopping:
        run = Run(
            config=console.config(),
            cadence="weekly" if edition.endswith("-weekly") else "daily",
            now=datetime.now(UTC),
            clock=lambda: datetime.now(UTC),
            tell=console.problem,
            progress=progress,
            stopping=stopping,
        )
        report = go_on(run, edition, in_doubt or "")
    console.result(str(report))
    context.exit(report.exit_status)
