"""What the commands share: loading the configuration, printing, and common options."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from digest.config import Config
    from digest.models import Problem

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Console:
    """One invocation: results to stdout, problems to stderr, progress only on a terminal."""

    config_file: Path
    quiet: bool = False
    show_progress: bool = True

    def config(self) -> Config:
        """Return the newsroom's configuration. Raises ConfigError."""
        from digest import config

        return config.load(self.config_file)

    def result(self, line: str = "") -> None:
        """Print a line of the result."""
        if not self.quiet:
            click.echo(line)

    def problem(self, problem: Problem) -> None:
        """Print a non-fatal problem."""
        from digest.cli.logging_setup import operator_log

        if not self.quiet:
            operator_log.warning("%s", problem, extra={"location": problem.location, "hint": problem.hint})

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Yield a function that updates a progress bar, if stderr is a terminal: cron stays silent."""
        if self.quiet or not self.show_progress or not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        from rich import console, progress, text

        class Rate(progress.ProgressColumn):
            """Recipients per second, once known."""

            def render(self, task: progress.Task) -> text.Text:
                return text.Text(f"{task.speed:,.0f} a second" if task.speed else "")

        bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            Rate(),
            progress.TimeRemainingColumn(),
            console=console.Console(stderr=True),
            transient=True,
        )
        with bar:
            task = bar.add_task(label, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


class Moment(click.ParamType[datetime]):
    """An ISO 8601 date and time for `--now`; without an offset, it is in the publication's time zone."""

    name = "ISO8601"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse, or fail with a usage error."""
        if isinstance(value, datetime):
            return value
        try:
            parsed = datetime.fromisoformat(value)
            if 1970 < parsed.year < 9000:  # noqa: PLR2004 - leaves room for days before and after
                return parsed
            self.fail(f"{value!r} is too far from now", param, ctx)
        except ValueError:
            self.fail(f"{value!r} is not a valid date and time; write it as 2026-11-23T07:00:00Z", param, ctx)


def now_option(command: F) -> F:
    """Add `--now`, which every command that composes takes."""
    return click.option(
        "--now", type=Moment(), help="Act as if it were this date and time, such as 2026-11-23T07:00:00Z."
    )(command)


def day_option(command: F) -> F:
    """Add `--date`, for what may be done before the day of an edition."""
    return click.option(
        "--date",
        "day",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        callback=lambda _context, _param, value: value and value.date(),
        help="The edition of this day, such as 2026-11-24, instead of today's.",
    )(command)


def moment(config: Config, now: datetime | None) -> datetime:
    """Return the date and time a command acts at, aware and in UTC."""
    if now is None:
        return datetime.now(UTC)
    return (now if now.tzinfo else now.replace(tzinfo=ZoneInfo(config.publication.timezone))).astimezone(UTC)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on a terminal, tab-separated lines elsewhere."""
    if not sys.stdout.isatty():
        for row in (head, *rows):
            click.echo("\t".join(row))
        return
    from rich import box, console, table

    drawn = table.Table(*head, box=box.SIMPLE_HEAD)
    for row in rows:
        drawn.add_row(*row)
    console.Console().print(drawn)
