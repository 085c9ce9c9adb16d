"""`digest suppress` and `digest unsuppress`: who must not be mailed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from digest.cli.console import Console, print_table

if TYPE_CHECKING:
    from digest.models import SuppressionReason


@click.command()
@click.argument("email", required=False)
@click.option(
    "--reason",
    type=click.Choice(["unsubscribed", "bounced", "complained"]),
    default="unsubscribed",
    show_default=True,
    help="Why.",
)
@click.option("--list", "show", is_flag=True, help="List who is suppressed, instead.")
@click.pass_obj
def suppress(console: Console, email: str | None, reason: SuppressionReason, *, show: bool) -> None:
    """Mail EMAIL no more, whatever subscribers.csv says.

    It holds at once, also for a send that is under way. Addresses that a server says do not exist are suppressed by
    themselves.
    """
    from digest.audience import normalised
    from digest.ledger import Ledger

    if bool(email) == show:
        raise click.UsageError("name an address, or ask for --list")
    config = console.config()
    if not email:
        with Ledger.open_to_read(config.database_url) as ledger:
            rows = [[item.email, item.reason, f"{item.since:%Y-%m-%d %H:%M}"] for item in ledger.suppressions()]
        print_table(["email", "reason", "since (UTC)"], rows)
        return
    address = normalised(email)
    with Ledger.open(config.database_url) as ledger:
        new = ledger.suppress(address, reason, datetime.now(UTC))
    console.result(f"{address} is not mailed any more" if new else f"{address} was suppressed already")


@click.command()
@click.argument("email")
@click.pass_obj
def unsuppress(console: Console, email: str) -> None:
    """Mail EMAIL again, if subscribers.csv has it."""
    from digest.audience import normalised
    from digest.ledger import Ledger

    address = normalised(email)
    with Ledger.open(console.config().database_url) as ledger:
        known = ledger.unsuppress(address)
    console.result(f"{address} may be mailed again" if known else f"{address} was not suppressed")
