"""What the commands share: the configuration they load, and where and how they print."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from digest.config import Config
    from digest.models import Problem

_ADDRESS = re.compile(r"([^\s@<]{1,2})[^\s@<]*@")

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Console:
    """One invocation: results to stdout, trouble to stderr, progress only where a person is watching."""

    config_file: Path
    verbose: int = 0
    quiet: bool = False

    def config(self) -> Config:
        """The newsroom's configuration. Raises ConfigError."""
        from digest import config

        return config.load(self.config_file)

    def result(self, line: str = "") -> None:
        """Print a line of the answer."""
        if not self.quiet:
            click.echo(line)

    def problem(self, problem: Problem) -> None:
        """Print trouble that did not stop the work."""
        if not self.quiet:
            self._aside(f"digest: {problem}")

    def trace(self, line: str) -> None:
        """Print what happens, with the time, for `-v`; addresses whole only for `-vv`: logs are read by many."""
        if self.verbose:
            told = line if self.verbose > 1 else _ADDRESS.sub(r"\1***@", line)
            self._aside(f"{datetime.now(UTC):%H:%M:%S.%f} {told}")

    @staticmethod
    def _aside(line: str) -> None:
        """Print to stderr; a send goes on though nobody reads that any more, as with `digest -v send 2>&1 | head`."""
        with suppress(BrokenPipeError):
            click.echo(line, err=True)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """A progress bar on a terminal; a function that does nothing elsewhere, so that cron stays silent."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        from rich import console, progress, text

        class Rate(progress.ProgressColumn):
            """How many a second, once that is known."""

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
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


class Moment(click.ParamType[datetime]):
    """An ISO 8601 moment for `--now`; without an offset it is meant where the publication is."""

    name = "ISO8601"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse, or fail with a usage error."""
        if isinstance(value, datetime):
            return value
        try:
            told = datetime.fromisoformat(value)
            if 1970 < told.year < 9000:  # noqa: PLR2004 - days before and after are wanted too
                return told
            self.fail(f"{value!r} is too far from now", param, ctx)
        except ValueError:
            self.fail(f"{value!r} is no moment; write it as 2026-11-23T07:00:00Z", param, ctx)


def now_option(command: F) -> F:
    """`--now`, which every command that composes takes."""
    return click.option("--now", type=Moment(), help="Act as if it were this moment, as in 2026-11-23T07:00:00Z.")(
        command
    )


def day_option(command: F) -> F:
    """`--date`, for what may be done before an edition's day has come."""
    return click.option(
        "--date",
        "day",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        callback=lambda _context, _param, told: told and told.date(),
        help="The edition of this day, as 2026-11-24, if not today's.",
    )(command)


def moment(config: Config, now: datetime | None) -> datetime:
    """The moment a command acts at, aware and in UTC."""
    if now is None:
        return datetime.now(UTC)
    return (now if now.tzinfo else now.replace(tzinfo=ZoneInfo(config.publication.timezone))).astimezone(UTC)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table for a person on a terminal, tab-separated lines for a program elsewhere."""
    if not sys.stdout.isatty():
        for row in (head, *rows):
            click.echo("\t".join(row))
        return
    from rich import box, console, table

    drawn = table.Table(*head, box=box.SIMPLE_HEAD)
    for row in rows:
        drawn.add_row(*row)
    console.Console().print(drawn)
