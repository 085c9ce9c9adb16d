"""`digest suppress` and `digest unsuppress`: addresses that must not be mailed."""

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
    help="Why. With --import, a reason given in the file takes precedence.",
)
@click.option(
    "--import",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Suppress every address in a file: a plain list, or a CSV with an email column and optionally a `reason`.",
)
@click.option("--list", "show", is_flag=True, help="List the suppressed addresses.")
@click.pass_context
def suppress(
    context: click.Context, email: str | None, reason: SuppressionReason, file: Path | None, *, show: bool
) -> None:
    """Stop mailing EMAIL, whatever subscribers.csv says.

    Takes effect immediately, even during a send. Addresses that a server reports as nonexistent are suppressed
    automatically.
    """
    from digest.storage import Database
    from digest.subscribers import normalize_address

    if sum((bool(email), bool(file), show)) != 1:
        raise click.UsageError("give an address, --import FILE or --list")
    console: Console = context.obj
    config = console.config()
    if file:
        context.exit(_import(console, config, file, reason))
    if not email:
        with Database.read_for(config, any_newer=True) as database:
            rows = [
                [item.email, item.reason, f"{item.since:%Y-%m-%d %H:%M}"] for item in database.suppressions.list_all()
            ]
        print_table(["email", "reason", "since (UTC)"], rows)
        return
    address = normalize_address(email)
    with Database.open_for(config) as database:
        new = database.suppressions.add(address, reason, datetime.now(UTC))
    console.result(f"{address} is suppressed" if new else f"{address} was already suppressed")


def _import(console: Console, config: Config, file: Path, reason: SuppressionReason) -> int:
    """Suppress every address of a file. Returns the exit status: 3 if rows were left out."""
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
            address, own_reason = row
            found[address] = own_reason or reason
    with Database.open_for(config) as database:
        new = database.suppressions.add_all(found.items(), datetime.now(UTC))
    console.result(f"{new} suppressed, {len(found) - new} already suppressed, {left_out} left out")
    return 3 if left_out else 0


@click.command()
@click.argument("email")
@click.pass_obj
def unsuppress(console: Console, email: str) -> None:
    """Allow mail to EMAIL again, if it is in subscribers.csv.

    For a reader who was erased and wants to subscribe again, give the address; if DIGEST_SECRET_KEY is lost, give the
    `erased:...` name from `digest suppress --list`.
    """
    from digest.storage import ERASED_PREFIX, Database
    from digest.subscribers import normalize_address

    config = console.config()
    address = email if email.startswith(ERASED_PREFIX) else normalize_address(email)
    with Database.open_for(config) as database:
        was_suppressed = database.suppressions.remove(address)
    console.result(f"{address} may be mailed again" if was_suppressed else f"{address} was not suppressed")
