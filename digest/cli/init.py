"""`digest init`: a new newsroom that works at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from digest.cli.console import Console

SUBSCRIBERS = """\
email,name,categories,cadence,timezone,language,status
reader@example.com,A Reader,,daily,,,active
science@example.com,A Curious Reader,Science,daily,,,active
weekly@example.com,A Weekend Reader,,weekly,,,active
"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.pass_obj
def init(console: Console, folder: Path) -> None:
    """Make a newsroom in FOLDER, here if you name none.

    It gets a digest.toml, a subscribers.csv and a folder of sample articles, and works at once: `digest preview` in it
    shows the email. No file that is there already is touched.
    """
    from digest.core.resources import shipped
    from digest.errors import UsageError

    names = ("digest.toml", "subscribers.csv", "articles")
    if there := [name for name in names if (folder / name).exists()]:
        raise UsageError(
            f"{folder.absolute()} has {' and '.join(there)} already",
            hint="name another folder, or move them away",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shipped("digest.toml"), folder / "digest.toml")
        (folder / "subscribers.csv").write_text(SUBSCRIBERS, encoding="utf-8")
        shutil.copytree(shipped("articles"), folder / "articles")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", location=str(error.filename or folder)) from None
    at = "" if folder == Path() else f"cd {folder} && "
    console.result(f"Made a newsroom in {folder.absolute()}: digest.toml, subscribers.csv, articles/")
    console.result(f"See what readers get:   {at}digest preview --open")
    console.result(f"Send it into outbox/:   {at}digest send --daily")
    console.result("Then put your name, your feed and your readers into digest.toml and subscribers.csv.")
