"""The file of a draft, which one at a time changes: two who save at the same moment are told apart."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest import drafts
from digest.core.atomic_file import AtomicFile
from digest.errors import DraftChangedError, DraftError

_PATIENCE = 10.0
"""Seconds to wait for somebody else who is writing a draft: that takes moments."""


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Hold the drafts of a newsroom, so that of two who change one at the same moment the later sees the earlier's."""
    from filelock import FileLock, Timeout

    try:
        file.parent.mkdir(exist_ok=True)
        lock = FileLock(file.parent / ".lock", timeout=_PATIENCE)
        with lock:
            yield
    except Timeout:
        raise DraftError("somebody else is writing it", location=str(file), hint="try again in a moment") from None
    except OSError as error:
        raise DraftError(f"cannot be written: {error.strerror}", location=str(file)) from None


def require_version(file: Path, text: str, version: str) -> None:
    """Refuse a text that is not of the version somebody read. Raises DraftChangedError."""
    if drafts.version_of(text) != version:
        raise DraftChangedError(
            "somebody else changed this draft since you read it", location=str(file), hint="look at theirs first"
        )


def text_in(file: Path) -> str:
    """The text of a draft that must be there. Raises DraftError."""
    text = drafts.text_of(file)
    if text is None:
        raise DraftError("is gone", location=str(file), hint="`digest draft` makes it anew")
    return text


def keep(file: Path) -> None:
    """Keep a draft that is to be made anew beside it: `.toml.old`, `.toml.old.2`, ..."""
    kept, number = file.with_suffix(".toml.old"), 2
    while kept.exists():
        kept = file.with_suffix(f".toml.old.{number}")
        number += 1
    try:
        shutil.copy2(file, kept)
    except OSError as error:
        raise DraftError(f"cannot be kept: {error.strerror}", location=str(kept)) from None


def write(file: Path, text: str) -> None:
    """Write the whole of it or nothing: an editor may have the old one open, a send may read it this moment."""
    with AtomicFile(file, DraftError) as replacement:
        replacement.stream.write(text)
        replacement.commit()
