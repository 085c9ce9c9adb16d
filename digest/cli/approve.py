"""`digest approve`: approve a draft for sending."""

from __future__ import annotations

import getpass
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from digest.cli.console import Console, day_option, moment, now_option

if TYPE_CHECKING:
    from digest.models import Cadence


@click.command()
@click.option("--daily", "cadence", flag_value="daily", help="Today's edition.")
@click.option("--weekly", "cadence", flag_value="weekly", help="This week's edition.")
@click.option("--by", metavar="NAME", help="The name of the approver; the logged-in user by default.")
@day_option
@now_option
@click.pass_obj
def approve(console: Console, cadence: Cadence | None, by: str | None, day: date | None, now: datetime | None) -> None:
    """Approve the draft as it is now. Any later change needs a new approval.

    Required if the configuration has approval = "required" under [daily] or [weekly].
    """
    if cadence is None:
        raise click.UsageError("choose an edition: --daily or --weekly")
    from digest.editions.approve import approve as approve_draft

    config = console.config()
    draft = approve_draft(config, cadence, moment(config, now), by or _current_user(), day)
    assert draft.approval is not None
    file = draft.file.relative_to(config.file.parent)
    console.result(f"{file}: approved by {draft.approval.by}; `digest send --{cadence}` will send it as it is now")


def _current_user() -> str:
    """Return the name of the user who is logged in."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no user name, as in a container
        raise click.UsageError("give the name of the approver with --by NAME") from None
