"""`digest check`: check everything that a send needs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from digest.cli.console import Console, moment, now_option


@click.command()
@click.option("--links", is_flag=True, help="Also request every link of the email.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@now_option
@click.pass_context
def check(context: click.Context, now: datetime | None, *, links: bool, as_json: bool) -> None:
    """Check everything that a send needs.

    Checks the configuration, the sources, the subscribers, the templates, the email and the provider. Prints a line
    for each, with its problems and how to fix them. The exit status is 1 if a send would fail. Sends nothing.
    """
    from digest.inspection import check as inspection

    console: Console = context.obj
    config = console.config()
    failed = False
    results = []
    for result in inspection.check(config, moment(config, now), links=links):
        failed = failed or not result.ok
        if as_json:
            results.append(asdict(result))
            continue
        console.result(f"{'ok  ' if result.ok else 'FAIL'}  {result.message}")
        for line in (*result.lines, *map(str, result.problems)):
            console.result(f"      {line}")
    if as_json:
        click.echo(json.dumps(results, ensure_ascii=False, indent=2))
    context.exit(1 if failed else 0)
