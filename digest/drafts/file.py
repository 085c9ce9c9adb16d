"""The file of a draft: reading, locking, backing up and replacing it, so that no editor overwrites another's work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from digest.core.atomic_file import AtomicFile
from digest.errors import DraftChangedError, DraftError

_LOCK_SECONDS = 10.0
"""How long to wait for another process that is writing a draft, which takes moments."""


def read_text(file: Path) -> str | None:
    """Return the exact text of a draft, which its revision is a hash of; None if there is no such file.

    Raises:
        DraftError: the file cannot be read, or is not UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DraftError(f"cannot be read: {error.strerror}", location=str(file)) from None
    except UnicodeDecodeError:
        raise DraftError("not UTF-8", location=str(file), hint="save it as UTF-8") from None


def read_existing_text(file: Path) -> str:
    """Return the text of a draft that must exist. Raises DraftError."""
    text = read_text(file)
    if text is None:
        raise DraftError("no longer exists", location=str(file), hint="`digest draft` makes a new one")
    return text


def compute_revision(text: str) -> str:
    """Return a hash of a draft's text. An editor who saves sends the revision they started from."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def require_revision(file: Path, text: str, revision: str) -> None:
    """Refuse a text that is not the revision an editor read. Raises DraftChangedError."""
    if compute_revision(text) != revision:
        raise DraftChangedError(
            "somebody else changed this draft since you read it", location=str(file), hint="look at their version first"
        )


@contextmanager
def lock_drafts(file: Path) -> Iterator[None]:
    """Lock the folder of a draft, so that of two editors who save at once the second sees the first one's changes.

    Raises:
        DraftError: the lock is still held after ten seconds, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        file.parent.mkdir(exist_ok=True)
        lock = FileLock(file.parent / ".lock", timeout=_LOCK_SECONDS)
        with lock:
            yield
    except Timeout:
        raise DraftError("somebody else is saving it", location=str(file), hint="try again in a moment") from None
    except OSError as error:
        raise DraftError(f"cannot be written: {error.strerror}", location=str(file)) from None


def back_up_draft(file: Path) -> None:
    """Copy a draft that is about to be replaced to `.toml.old`, or `.toml.old.2` and so on. Raises DraftError."""
    backup, number = file.with_suffix(".toml.old"), 2
    while backup.exists():
        backup = file.with_suffix(f".toml.old.{number}")
        number += 1
    try:
        shutil.copy2(file, backup)
    except OSError as error:
        raise DraftError(f"cannot be written: {error.strerror}", location=str(backup)) from None


def write_draft(file: Path, text: str) -> None:
    """Write the whole file or nothing: an editor may have it open, and a send may be reading it. Raises DraftError."""
    with AtomicFile(file, DraftError) as replacement:
        replacement.stream.write(text)
        replacement.commit()
