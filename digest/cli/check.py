"""`digest check`: is everything that a send needs in place?"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from digest.cli.console import Console, moment, now_option


@click.command()
@click.option("--links", is_flag=True, help="Ask for every link of the email too.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
@now_option
@click.pass_context
def check(context: click.Context, now: datetime | None, *, links: bool, as_json: bool) -> None:
    """Look at the configuration, the sources, the subscribers, the templates, the email and the provider.

    Prints a line for each with what is wrong and what to do; exit status 1 when something is. Sends nothing.
    """
    from digest.inspection import check as inspection

    console: Console = context.obj
    config = console.config()
    wrong = False
    told = []
    for finding in inspection.check(config, moment(config, now), links=links):
        wrong = wrong or not finding.ok
        if as_json:
            told.append(asdict(finding))
            continue
        console.result(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.message}")
        for line in (*finding.lines, *map(str, finding.problems)):
            console.result(f"      {line}")
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    context.exit(1 if wrong else 0)
