"""The command line: `digest COMMAND`. Each command is a file here; only this folder prints, prompts or exits.

What a command needs is imported inside it, so that `digest --help` costs no more than click.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest import __version__
from digest.cli.approve import approve
from digest.cli.articles import articles
from digest.cli.cancel import cancel
from digest.cli.check import check
from digest.cli.console import Console
from digest.cli.draft import draft
from digest.cli.init import init
from digest.cli.ledger import ledger
from digest.cli.preview import preview
from digest.cli.resume import resume
from digest.cli.send import send
from digest.cli.status import status
from digest.cli.subscribers import subscribers
from digest.cli.suppress import suppress, unsuppress

if TYPE_CHECKING:
    from digest.cli.logging_setup import LogFormat


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-c",
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("digest.toml"),
    show_default=True,
    help="The newsroom's configuration.",
)
@click.option(
    "-v",
    "--verbose",
    count=True,
    help="Log each email to stderr, and show the traceback of an unexpected error; -vv logs full addresses.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to write to stderr: as text, or one JSON object per line.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
@click.version_option(__version__, prog_name="digest")
@click.pass_context
def cli(context: click.Context, config_file: Path, verbose: int, log_format: LogFormat, *, quiet: bool) -> None:
    """Send a news site's recent articles to its readers as one good email, once.

    \b
    digest init my-paper      create a newsroom with sample articles
    digest preview --open     see what readers would get now
    digest send --daily       send it, for example every morning from cron

    Results go to stdout, progress and problems to stderr. Exit status: 0 done or nothing to do,
    1 failed, 2 invalid usage or configuration, 3 sent but some recipients refused, deferred or in
    doubt, 75 another run is sending.
    """
    from digest.cli.logging_setup import configure_logging

    configure_logging(verbose, log_format)
    context.obj = Console(config_file=config_file, quiet=quiet, show_progress=log_format == "text")


_COMMANDS = (init, preview, draft, approve, send, articles, status, resume, cancel, subscribers)
for command in (*_COMMANDS, suppress, unsuppress, check, ledger):
    cli.add_command(command)


def main() -> None:
    """Run the command line and exit with its status; every error ends as one line on stderr."""
    try:
        status_code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status_code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _print_error("stopped; run the same command again to continue")
        status_code = 130
    except BrokenPipeError:
        # `digest status | head` closes the pipe, which is not a failure. Python would complain again at exit.
        sys.stderr.close()
        status_code = 0
    except Exception as error:
        from digest.errors import DigestError  # imported here because `digest --help` does not need it

        if isinstance(error, DigestError):
            _print_error(str(error), location=error.location, hint=error.hint)
            sys.exit(error.exit_status)
        if {"-v", "-vv", "--verbose"} & set(sys.argv):
            raise
        message = " ".join(str(error).split()) or "no details"
        _print_error(f"unexpected {type(error).__name__}: {message}; please report it with the output of `digest -v`")
        status_code = 1
    sys.exit(status_code or 0)


def _print_error(message: str, **fields: str) -> None:
    from digest.cli.logging_setup import operator_log

    operator_log.error(message, extra=fields)
