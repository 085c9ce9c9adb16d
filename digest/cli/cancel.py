"""`digest cancel`: stop sending an edition."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from digest.cli.console import Console


@click.command()
@click.argument("edition")
@click.pass_obj
def cancel(console: Console, edition: str) -> None:
    """Stop sending EDITION, even during a run.

    EDITION is an id such as 2026-11-23-daily. Emails already on their way are finished and recorded. If nobody has
    received the edition yet, its stories go into the next one; otherwise they count as sent.
    """
    from digest.sending.cancel import cancel as cancel_edition

    console.result(cancel_edition(console.config(), edition, datetime.now(UTC)))
