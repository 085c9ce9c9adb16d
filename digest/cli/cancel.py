"""`digest cancel`: give up what is left of an edition."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from digest.cli.console import Console


@click.command()
@click.argument("edition")
@click.pass_obj
def cancel(console: Console, edition: str) -> None:
    """Send no more of EDITION (as in 2026-11-23-daily), even if a run is at work on it.

    What is on its way at that moment is finished and recorded. If nobody got it yet, its stories go into
    the next edition; if some did, they count as sent.
    """
    from digest.sending import send as sending

    console.result(sending.cancel(console.config(), edition, datetime.now(UTC)))
