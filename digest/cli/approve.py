"""`digest approve`: somebody says that the draft may go out as it is."""

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
@click.option("--by", metavar="NAME", help="Who approves it, if not whoever is logged in.")
@day_option
@now_option
@click.pass_obj
def approve(console: Console, cadence: Cadence | None, by: str | None, day: date | None, now: datetime | None) -> None:
    """Approve the draft as it is now; a change after this wants another approval.

    Needed where the configuration says approval = "required" under [daily] or [weekly].
    """
    if cadence is None:
        raise click.UsageError("say which edition: --daily or --weekly")
    from digest.editions.approve import approve as approve_draft

    config = console.config()
    draft = approve_draft(config, cadence, moment(config, now), by or _whoever(), day)
    assert draft.approval is not None
    file = draft.file.relative_to(config.file.parent)
    console.result(f"{file}: approved by {draft.approval.by}; `digest send --{cadence}` sends it as it is now")


def _whoever() -> str:
    """The name of whoever is logged in."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # nobody by name, as in a container
        raise click.UsageError("say who approves it with --by NAME") from None
