"""`digest suppress` and `digest unsuppress`: who must not be mailed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.console import Console, print_table

if TYPE_CHECKING:
    from digest.config import Config
    from digest.models import SuppressionReason


@click.command()
@click.argument("email", required=False)
@click.option(
    "--reason",
    type=click.Choice(["unsubscribed", "bounced", "complained"]),
    default="unsubscribed",
    show_default=True,
    help="Why; of an imported address that brings its own reason, that one counts.",
)
@click.option(
    "--import",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Suppress every address of a list, or of a CSV with a column of them and perhaps a `reason`, instead.",
)
@click.option("--list", "show", is_flag=True, help="List who is suppressed, instead.")
@click.pass_context
def suppress(
    context: click.Context, email: str | None, reason: SuppressionReason, file: Path | None, *, show: bool
) -> None:
    """Mail EMAIL no more, whatever subscribers.csv says.

    It holds at once, also for a send that is under way. Addresses that a server says do not exist are suppressed by
    themselves.
    """
    from digest.storage import Database
    from digest.subscribers import normalize_address

    if sum((bool(email), bool(file), show)) != 1:
        raise click.UsageError("name an address, or a file to --import, or ask for --list")
    console: Console = context.obj
    config = console.config()
    if file:
        context.exit(_import(console, config, file, reason))
    if not email:
        with Database.open_to_read(config.database_url) as database:
            rows = [[item.email, item.reason, f"{item.since:%Y-%m-%d %H:%M}"] for item in database.suppressions.all()]
        print_table(["email", "reason", "since (UTC)"], rows)
        return
    address = normalize_address(email)
    with Database.open(config.database_url, config.secrets.secret_key) as database:
        new = database.suppressions.add(address, reason, datetime.now(UTC))
    console.result(f"{address} is not mailed any more" if new else f"{address} was suppressed already")


def _import(console: Console, config: Config, file: Path, reason: SuppressionReason) -> int:
    """Suppress every address of a file; the exit status, 3 when rows were left out."""
    from digest.models import Problem
    from digest.storage import Database
    from digest.subscribers import read_addresses

    found: dict[str, SuppressionReason] = {}
    left_out = 0
    for row in read_addresses(file):
        if isinstance(row, Problem):
            console.problem(row)
            left_out += 1
        else:
            address, told = row
            found[address] = told or reason
    with Database.open(config.database_url, config.secrets.secret_key) as database:
        new = database.suppressions.add_all(found.items(), datetime.now(UTC))
    console.result(f"{new} suppressed, {len(found) - new} suppressed already, {left_out} left out")
    return 3 if left_out else 0


@click.command()
@click.argument("email")
@click.pass_obj
def unsuppress(console: Console, email: str) -> None:
    """Mail EMAIL again, if subscribers.csv has it.

    One who was erased and asks to be a reader again is known by the address; where DIGEST_SECRET_KEY is lost, by the
    `erased:...` that `digest suppress --list` shows.
    """
    from digest.storage import ERASED, Database
    from digest.subscribers import normalize_address

    config = console.config()
    address = email if email.startswith(ERASED) else normalize_address(email)
    with Database.open(config.database_url, config.secrets.secret_key) as database:
        known = database.suppressions.remove(address)
    console.result(f"{address} may be mailed again" if known else f"{address} was not suppressed")
