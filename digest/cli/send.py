"""`digest send`: send an edition, usually from cron."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli.console import Console, now_option
from digest.cli.run_context import finish_run, start_run

if TYPE_CHECKING:
    from digest.config import Config
    from digest.models import Cadence
    from digest.sending.report import Report
    from digest.sending.send_run import SendRun


@click.command()
@click.option("--daily", "cadence", flag_value="daily", help="Send today's edition.")
@click.option("--weekly", "cadence", flag_value="weekly", help="Send this week's edition.")
@click.option("--dry-run", is_flag=True, help="Compose and render everything, count the readers, send nothing.")
@click.option(
    "--to", "addresses", metavar="EMAIL", multiple=True, help="Send a test to this address only; can be repeated."
)
@click.option(
    "--as", "reader", metavar="EMAIL", default="", help="With --to: the email as this subscriber would get it."
)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many recipients; the next run continues.")
@click.option("--late", is_flag=True, help="Send even if max_lateness has passed.")
@click.option("--yes", is_flag=True, help="With --now: really email the readers.")
@now_option
@click.pass_context
def send(
    context: click.Context,
    cadence: Cadence | None,
    addresses: tuple[str, ...],
    reader: str,
    limit: int | None,
    now: datetime | None,
    *,
    dry_run: bool,
    late: bool,
    yes: bool,
) -> None:
    """Send the edition to everyone who has not received it yet.

    Run it as often as you like: a second run on the same day sends nothing, and a run after a crash continues where
    the first one stopped.

    \b
    In a crontab, with results in a log and problems mailed to you:
    0 7 * * *  cd /srv/my-paper && digest send --daily >> digest.log
    """
    if cadence is None:
        raise click.UsageError("choose an edition: --daily or --weekly")
    if dry_run and addresses:
        raise click.UsageError("--dry-run sends nothing and --to sends a test: use only one of them")
    if addresses and (limit or late):
        raise click.UsageError("--limit and --late do not apply to tests: leave them out with --to")
    if reader and not addresses:
        raise click.UsageError("--as needs --to: it chooses whose edition the test shows")
    from digest.errors import DigestError

    console: Console = context.obj
    config = console.config()
    if now and not (yes or dry_run or addresses):
        _refuse_real_email(config)
    with start_run(console, config, cadence, cadence, now=now, limit=limit or 0, late=late) as run:
        reports, failure = _reports(run, addresses, reader, dry_run=dry_run)
    # What was done is printed even if the next edition fails.
    status = finish_run(console, run, reports)
    if failure:
        status = failure.exit_status if isinstance(failure, DigestError) else 1
    if not (dry_run or addresses):
        from digest.sending.metrics import notify_monitors

        for problem in notify_monitors(config, cadence, run.now, reports, status):
            console.problem(problem)
    if failure:
        raise failure
    context.exit(status)


def _refuse_real_email(config: Config) -> None:
    """Refuse to email readers at a time that somebody made up, unless everything goes into a folder."""
    providers = [settings.name for settings in config.delivery.providers if settings.name != "maildir"]
    if providers:
        raise click.UsageError(
            f"--now is for trying things out, and {providers[0]} would email every reader: "
            "add --dry-run or --to EMAIL, or --yes to really send"
        )


def _reports(
    run: SendRun, addresses: tuple[str, ...], reader: str, *, dry_run: bool
) -> tuple[list[Report], Exception | None]:
    """Return the reports of the run, and the error that ended it, None if it succeeded."""
    from digest.sending.dry_run import dry_run as count_readers
    from digest.sending.send import send as send_edition
    from digest.sending.test_send import send_test

    reports: list[Report] = []
    try:
        if dry_run:
            reports.append(count_readers(run))
        elif addresses:
            reports.append(send_test(run, addresses, reader))
        else:
            reports.extend(send_edition(run))
    except Exception as error:  # noqa: BLE001 - raised again once the monitors know
        return reports, error
    return reports, None
