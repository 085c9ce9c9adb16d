"""`digest ledger`: migrate, move, prune and back up the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from digest.cli.console import Console


@click.group()
def ledger() -> None:
    """Upgrade, move, prune or back up the ledger, which records what was sent to whom."""


@ledger.command()
@click.pass_obj
def upgrade(console: Console) -> None:
    """Migrate the ledger to this version of digest.

    The next command that writes does so anyway. An SQLite ledger is backed up beside itself first.
    """
    from digest.storage import upgrade_ledger

    console.result(upgrade_ledger(console.config()))


@ledger.command()
@click.option(
    "--to",
    "url",
    metavar="URL",
    required=True,
    help="An empty database, such as postgresql://user@host/database or sqlite:///file.",
)
@click.pass_obj
def copy(console: Console, url: str) -> None:
    """Move the ledger to another database.

    Every row is copied and compared. After that, nothing more is sent from the old ledger, which stays as it is. If
    the command is interrupted, run it again.
    """
    from digest.storage import move_ledger

    place = move_ledger(console.config(), url)
    console.result(f"every row was copied and compared; the ledger is now {place}")
    console.result("set DIGEST_DATABASE_URL to it: nothing more is sent from the old one, which stays as it is")


@ledger.command()
@click.pass_obj
def prune(console: Console) -> None:
    """Reduce the recipients of old editions to counts.

    Old are editions that were closed longer ago than `[ledger] keep`, 400 days by default. Every `digest send` does
    this at its end.
    """
    from digest.core.text import format_count
    from digest.storage import prune_ledger

    config = console.config()
    pruned = sorted(prune_ledger(config, datetime.now(UTC)))
    if not pruned:
        console.result(f"nothing to prune: no edition is older than {config.ledger.keep.days} days")
        return
    span = pruned[0] if len(pruned) == 1 else f"{pruned[0]} to {pruned[-1]}"
    console.result(f"{format_count(len(pruned), 'edition', 'editions')} reduced to counts: {span}")


@ledger.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(console: Console, file: Path) -> None:
    """Copy an SQLite ledger to a new FILE, also during a send.

    Only you can read the file. PostgreSQL has its own tool for this, pg_dump.
    """
    from digest.storage import back_up_ledger

    back_up_ledger(console.config(), file)
    console.result(f"the ledger was copied to {file}")
